"""The app's mark, three faders, and its name beside it: drawn here, so that no browser fetches them elsewhere."""

from __future__ import annotations

BLUE = "#2F86BC"  # stands out on light and on dark
_FADERS = (
    f'<g stroke="{BLUE}" stroke-width="2.4" stroke-linecap="round" fill="{BLUE}">'
    '<path d="M5 3v18M12 3v18M19 3v18" fill="none"/>'
    '<rect x="2.5" y="6" width="5" height="3" rx="1"/><rect x="9.5" y="14" width="5" height="3" rx="1"/>'
    '<rect x="16.5" y="9" width="5" height="3" rx="1"/></g>'
)
ICON = f'<svg xmlns="http://www.w3.org/2000/svg" width="48" height="48" viewBox="0 0 24 24">{_FADERS}</svg>'
LOGO = (
    f'<svg xmlns="http://www.w3.org/2000/svg" width="220" height="48" viewBox="0 0 110 24">{_FADERS}'
    f'<text x="30" y="18" font-family="sans-serif" font-size="17" font-weight="600" fill="{BLUE}">Mixdesk</text></svg>'
)
