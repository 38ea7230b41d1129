// Keeps the screen fresh and lets a card be dragged to another stage. Everything also works without it.
(() => {
  "use strict";
  const live = document.getElementById("live");
  const note = document.getElementById("live-note");
  let dragged = null;
  let shown = "";
  let failures = 0;

  const busy = () => {
    const focus = document.activeElement;
    const typing = focus && live.contains(focus) && focus.matches("input, select, textarea");
    return dragged || typing || document.hidden || live.querySelector("details[open]:not([data-calm])");
  };

  async function refresh() {
    if (busy()) return;
    try {
      const answer = await fetch(location.href, { headers: { "X-Fragment": "1" }, cache: "no-store" });
      if (!answer.ok) throw new Error(String(answer.status));
      const text = await answer.text();
      failures = 0;
      note.textContent = "Updates by itself.";
      if (text !== shown && !busy()) {
        const focus = live.contains(document.activeElement) ? document.activeElement.id : "";
        live.innerHTML = text;
        if (focus) document.getElementById(focus)?.focus({ preventScroll: true });
        shown = text;
      }
    } catch {
      failures += 1;
      if (failures === 3) note.textContent = "Live updates stopped. Reload the page to try again.";
    }
  }

  if (live && live.dataset.live) {
    setInterval(() => { if (failures < 3) refresh(); }, 1500);
  }

  document.addEventListener("dragstart", (event) => {
    const card = event.target.closest?.("[data-matter-id]");
    if (!card) return;
    dragged = card;
    event.dataTransfer.setData("text/plain", card.dataset.matterId);
    event.dataTransfer.effectAllowed = "move";
  });
  document.addEventListener("dragover", (event) => {
    const lane = event.target.closest?.("[data-stage-id]");
    document.querySelectorAll(".lane.over").forEach((other) => other.classList.toggle("over", other === lane));
    if (!lane || !dragged) return;
    event.preventDefault();
    lane.classList.add("over");
  });
  document.addEventListener("drop", async (event) => {
    const lane = event.target.closest?.("[data-stage-id]");
    if (!lane || !dragged) return;
    event.preventDefault();
    const card = dragged;
    dragged = null;
    lane.classList.remove("over");
    const body = new URLSearchParams({ stage_id: lane.dataset.stageId });
    const answer = await fetch(`/crm/matters/${card.dataset.matterId}/move`, { method: "POST", body });
    note.textContent = answer.ok ? "Moved." : "The matter was not moved.";
    await refresh();
  });
  document.addEventListener("dragend", () => { dragged = null; });
})();
