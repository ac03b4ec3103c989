"use strict";
// What the pages do in the browser. Airflow's API is asked with the person's own cookie, so that Airflow itself
// decides and keeps the audit; every write is a POST of JSON.

const API = "../api/v2";
const framed = window.parent !== window;

// Airflow's pages are no pages of this frame: its router is told, or, outside the frame, the browser goes there.
function leave(address, newTab) {
  const url = new URL(address, location.href);
  if (!framed) {
    if (newTab) window.open(url, "_blank", "noopener");
    else location.assign(url);
    return;
  }
  if (newTab || url.origin !== location.origin) {
    // the frame's sandbox knows no new tabs; the document around it does
    const link = window.parent.document.createElement("a");
    Object.assign(link, { href: url.href, target: "_blank", rel: "noopener" });
    window.parent.document.body.append(link);
    link.click();
    link.remove();
    return;
  }
  window.parent.history.pushState(null, "", url.pathname + url.search);
  window.parent.dispatchEvent(new PopStateEvent("popstate"));
}

async function call(method, address, body) {
  const request = { method, credentials: "same-origin", headers: { Accept: "application/json" } };
  if (body !== undefined) {
    request.headers["Content-Type"] = "application/json";
    request.body = JSON.stringify(body);
  }
  const answer = await fetch(address, request);
  const data = await answer.json().catch(() => ({}));
  if (answer.ok) return data;
  const said = typeof data.detail === "string" ? data.detail : JSON.stringify(data.detail || "");
  const error = new Error(said || `The server answered ${answer.status}.`);
  error.status = answer.status;
  throw error;
}

function tell(text, isError) {
  const notice = document.getElementById("notice");
  notice.textContent = text;
  notice.className = isError ? "error" : "";
  notice.hidden = false;
  notice.scrollIntoView({ block: "nearest" });
}

// alert() and confirm() are closed to a sandboxed frame. Resolves to the reason ("" where none is asked), or null.
function ask(title, text, yes, wantsReason) {
  const dialog = document.getElementById("ask");
  const because = document.getElementById("ask-because");
  document.getElementById("ask-title").textContent = title;
  document.getElementById("ask-text").textContent = text;
  document.getElementById("ask-yes").textContent = yes;
  document.getElementById("ask-label").hidden = !wantsReason;
  because.required = wantsReason;
  because.value = "";
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((done) => {
    dialog.addEventListener("close", () => done(dialog.returnValue === "yes" ? because.value : null), { once: true });
  });
}

const part = encodeURIComponent;

// A run that is started or cleared here is followed until it ends.
async function follow(dag, run) {
  const line = document.getElementById("started");
  if (!line) return;
  const link = line.querySelector("a");
  const state = line.querySelector("[data-state]");
  link.href = `../dags/${part(dag)}/runs/${part(run)}`;
  link.textContent = run;
  line.hidden = false;
  for (;;) {
    const found = await call("GET", `${API}/dags/${part(dag)}/dagRuns/${part(run)}`);
    state.textContent = found.state;
    state.className = `badge ${found.state}`;
    if (found.state === "success" || found.state === "failed") return;
    await new Promise((done) => setTimeout(done, 3000));
  }
}

async function start(button) {
  const dag = button.dataset.run;
  const isDry = button.dataset.dry === "yes";
  const text = isDry ? "It plans everything and writes nothing." : "Everything that is due is sent to its destination.";
  if ((await ask(isDry ? "Dry run" : "Export", text, isDry ? "Dry run" : "Export", false)) === null) return;
  const about = await call("GET", `${API}/dags/${part(dag)}`);
  const conf = isDry ? { dry_run: true } : {};
  const made = await call("POST", `${API}/dags/${part(dag)}/dagRuns`, { logical_date: null, conf });
  const hint = about.is_paused ? "The DAG is switched off in Airflow: the run waits until somebody switches it on." : "";
  document.querySelector("#started [data-hint]").textContent = hint;
  tell(`${isDry ? "The dry run" : "The export"} is started.`);
  await follow(dag, made.dag_run_id);
}

// "Clear" with downstream: what follows a red task may be green and must still run again.
async function retry(data) {
  const body = {
    dry_run: false,
    dag_run_id: data.retryRun,
    task_ids: data.retryTasks.split(","),
    only_failed: false,
    include_downstream: true,
    reset_dag_runs: true,
  };
  await call("POST", `${API}/dags/${part(data.retryDag)}/clearTaskInstances`, body);
}

function retried(data) {
  return `The tasks ${data.retryTasks.replaceAll("_", " ").replaceAll(",", ", ")} of ${data.retryRun} are cleared with all that follows them.`;
}

const ACTS = {
  async retry(button) {
    const text = "The task is cleared with all that follows it. It reads again what waits there and tries once more; nothing is sent twice.";
    if ((await ask(button.dataset.title, text, "Retry", false)) === null) return;
    await retry(button.dataset);
    tell(retried(button.dataset));
  },
  async choose(button, where) {
    const then = button.dataset.retryRun ? " Its tasks are retried at once." : " The next run carries it out.";
    if ((await ask(button.dataset.title, `This is kept in the process log under your name.${then}`, "Yes", false)) === null) return;
    const body = { flow: where.flow, document: Number(where.document), remote_id: button.dataset.remote || null };
    const done = await call("POST", "review/choose", body);
    settled(button);
    await carryOut(done.told, button.dataset);
  },
  accept: (button, where) => settle("review/accept", button, where, "Accept"),
  ignore: (button, where) => settle("review/ignore", button, where, "Ignore"),
  reissue: (button, where) => settle("document/reissue", button, where, "Create again"),
};

async function carryOut(told, data) {
  if (!data.retryRun) {
    tell(told);
    return;
  }
  try {
    await retry(data);
    tell(`${told} ${retried(data)}`);
  } catch (error) {
    tell(`${told} Airflow did not retry it (${error.message}); the next run carries it out.`);
  }
}

async function settle(address, button, where, yes) {
  const because = await ask(button.dataset.title, "This is kept in the process log under your name.", yes, true);
  if (because === null) return;
  const done = await call("POST", address, { flow: where.flow, document: Number(where.document), because });
  settled(button);
  await carryOut(done.told, button.dataset);
}

// Decided: the row stays to be seen until the page is loaded anew, but nobody decides it twice.
function settled(button) {
  const place = button.closest("[data-document]");
  place.dataset.done = "yes";
  place.querySelectorAll("button").forEach((each) => (each.disabled = true));
}

// The vendor's page refuses to be framed, and its answer comes back to a tab of its own.
async function connect(button) {
  const redirect = new URL("callback", location.href).href;
  const body = { company: button.dataset.company, vendor: button.dataset.connect, redirect_uri: redirect };
  const { address } = await call("POST", "authentication/start", body);
  tell("Answer in the other tab. This page shows the new state when you are back.");
  leave(address, true);
  document.addEventListener("visibilitychange", () => document.hidden || location.reload());
}

async function finish(place) {
  const given = Object.fromEntries(new URLSearchParams(location.search));
  const redirect = location.origin + location.pathname;
  history.replaceState(null, "", location.pathname); // the address holds the code
  try {
    const done = await call("POST", "authentication/finish", { redirect_uri: redirect, given });
    place.textContent = `${done.told}\nYou may close this tab.`;
    place.classList.add("good");
  } catch (error) {
    place.textContent = error.message;
    place.classList.add("error");
  }
}

async function pressed(button, act) {
  button.disabled = true;
  try {
    await act();
  } catch (error) {
    tell(error.message, true);
  } finally {
    if (!button.closest("[data-document]")?.dataset.done) button.disabled = false;
  }
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a.airflow");
  if (link) {
    event.preventDefault();
    leave(link.href, event.ctrlKey || event.metaKey || event.shiftKey);
    return;
  }
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.opens) {
    const row = document.getElementById(button.dataset.opens);
    row.hidden = !row.hidden;
    button.textContent = row.hidden ? "show" : "hide";
  } else if (button.dataset.run) pressed(button, () => start(button));
  else if (button.dataset.connect) pressed(button, () => connect(button));
  else if (button.dataset.act) {
    const where = button.closest("[data-document]")?.dataset ?? {};
    pressed(button, () => ACTS[button.dataset.act](button, where));
  }
});

document.addEventListener("DOMContentLoaded", () => {
  const redirect = document.getElementById("redirect");
  if (redirect) redirect.textContent = new URL("callback", location.href).href;
  const connecting = document.getElementById("connecting");
  if (connecting) finish(connecting);
  document.querySelectorAll("form select").forEach((each) =>
    each.addEventListener("change", () => each.form.classList.contains("flow") && each.form.submit()),
  );
});
