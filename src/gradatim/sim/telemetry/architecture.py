"""The architecture drawing: an SVG that takes its colours from the page (`currentColor`, token classes)."""

from __future__ import annotations

from html import escape

_W, _H = 132, 46
# id: (x, y, title, second line)
_BOXES = {
    "clients": (10, 92, "clients", "web ios android partner"),
    "gateway": (190, 92, "gateway", "admission, routing"),
    "predict": (380, 92, "predict", "replicas, queues, batches"),
    "features": (570, 30, "features", "cache, then store"),
    "bookings": (760, 30, "bookings", "upstream API"),
    "weather": (760, 106, "weather", "hourly file"),
    "labels": (570, 182, "labels", "arrivals, hours late"),
    "scaler": (380, 10, "scaler", "wanted replicas"),
    "deployer": (380, 182, "deployer", "registry, roll-outs"),
    "notify": (190, 182, "notify", "queue of offers"),
    "hosts": (570, 106, "hosts", "machines, network, DNS"),
}
# from, to, label, points; drawn by hand so that nothing crosses
_ARROWS = (
    ((142, 115), (190, 115), "requests, retries"),
    ((322, 115), (380, 115), "attempts"),
    ((512, 104), (570, 60), "look-ups"),
    ((702, 53), (760, 53), ""),
    ((760, 120), (702, 64), ""),
    ((446, 56), (446, 92), ""),
    ((446, 182), (446, 138), ""),
    ((512, 129), (570, 129), ""),
    ((256, 138), (256, 182), "late ones"),
    ((570, 205), (512, 205), "new models"),
)
_HEAD = (
    '<svg class="arch" viewBox="0 0 902 240" role="img" aria-labelledby="arch-title arch-desc" '
    'xmlns="http://www.w3.org/2000/svg" fill="none" stroke="currentColor">'
    '<title id="arch-title">Architecture of the flight-delay service</title>'
    '<desc id="arch-desc">Clients send requests to the gateway, which sends attempts to the replicas. '
    "Replicas look features up in the cache in front of the feature store, which is fed by bookings and the "
    "hourly weather file. The scaler sets the number of replicas, the deployer brings model versions trained "
    "on joined labels, notify sends offers for flights predicted late; all run on shared hosts.</desc>"
    '<defs><marker id="arch-head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
    'orient="auto"><path d="M0 0.8 7 4 0 7.2" fill="none" stroke="currentColor"/></marker></defs>'
)
_NUDGE = {"requests, retries": (0, -30), "look-ups": (-20, -4)}


def architecture_svg() -> str:
    """The drawing, with a title and a description for those who cannot see it.

    No colour, style or script of its own: strokes are `currentColor`, text has classes `arch-t` and `cap`.
    """
    parts = [_HEAD]
    for (x1, y1), (x2, y2), label in _ARROWS:
        parts.append(
            f'<line class="arch-a" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" marker-end="url(#arch-head)"/>'
        )
        if label:
            x, y = (x1 + x2) / 2, (y1 + y2) / 2
            side = x1 == x2
            anchor, dx, dy = ("start", 6, 4) if side else ("middle", *_NUDGE.get(label, (0, -6)))
            parts.append(
                f'<text class="cap" x="{x + dx:g}" y="{y + dy:g}" text-anchor="{anchor}" font-size="10" '
                f'fill="currentColor" stroke="none">{escape(label)}</text>'
            )
    for name, (x, y, title, line) in _BOXES.items():
        parts.append(
            f'<g class="arch-c" data-component="{name}">'
            f'<rect x="{x}" y="{y}" width="{_W}" height="{_H}" rx="4"/>'
            f'<text class="arch-t" x="{x + 10}" y="{y + 19}" font-size="13" fill="currentColor" '
            f'stroke="none">'
            f"{escape(title)}</text>"
            f'<text class="cap" x="{x + 10}" y="{y + 35}" font-size="10" fill="currentColor" stroke="none">'
            f"{escape(line)}</text></g>"
        )
    return "".join(parts) + "</svg>"
