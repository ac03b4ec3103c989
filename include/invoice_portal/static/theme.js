// Light or dark as Airflow is; as the system is where there is no Airflow around the page.
(() => {
  const follow = (outer) => document.documentElement.classList.toggle("dark", outer.classList.contains("dark"));
  try {
    if (window.parent !== window) {
      const outer = window.parent.document.documentElement;
      follow(outer);
      new MutationObserver(() => follow(outer)).observe(outer, { attributes: true, attributeFilter: ["class"] });
      return;
    }
  } catch {
    // framed by somebody whose document is closed to us: as the system is
  }
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const choose = () => document.documentElement.classList.toggle("dark", system.matches);
  system.addEventListener("change", choose);
  choose();
})();
