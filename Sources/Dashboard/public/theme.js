// Applies the stored theme before the first paint; a classic script, because modules run too late for that.
(() => {
  let stored = null;
  try { stored = localStorage.getItem('cohort-theme'); } catch { /* storage is blocked: follow the system */ }
  if (stored === 'light' || stored === 'dark') document.documentElement.dataset.theme = stored;
})();
