// Applies the stored theme before the first paint; modules run too late for that.
try {
	document.documentElement.dataset.theme = localStorage.getItem('cohort-theme') ?? 'system';
} catch { /* storage is blocked: follow the system */ }
