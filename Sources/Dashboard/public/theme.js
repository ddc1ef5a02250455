// Modules run after the first paint, which shows the theme already.
try {
	document.documentElement.dataset.theme = localStorage['cohort-theme'] ?? 'system';
} catch { /* storage is blocked */ }
