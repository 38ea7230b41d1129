// The page's only script of our own: everything works without it except live progress and upload progress.
const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const store = { // storage may be blocked: then a choice lasts for this page
  get: (key) => { try { return localStorage.getItem(key); } catch { return null; } },
  set: (key, value) => { try { localStorage.setItem(key, value); } catch { /* see above */ } },
};

// Polite announcements for screen readers, at most one in ten seconds; the latest text wins.
let announced = 0, announceTimer;
function announce(text, atOnce = false) {
  clearTimeout(announceTimer);
  announceTimer = setTimeout(() => { announced = Date.now(); $('#announcer').textContent = text; },
    atOnce ? 0 : Math.max(0, announced + 10000 - Date.now()));
}

// Times: the same words as casehug/common/wording.py.
function duration(seconds) {
  const s = Math.max(0, Math.floor(seconds)), m = Math.floor(s / 60), h = Math.floor(s / 3600), d = Math.floor(s / 86400);
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${m} min`;
  if (s < 86400) return m % 60 ? `${h} h ${m % 60} min` : `${h} h`;
  return `${d} day${d === 1 ? '' : 's'}${h % 24 && d < 30 ? ` ${h % 24} h` : ''}`;
}
function relative(moment) {
  const seconds = (Date.now() - moment) / 1000, size = Math.max(60, Math.abs(seconds));
  if (Math.abs(seconds) < 45) return 'just now';
  const words = size >= 3600 && size < 86400 ? `${Math.floor(size / 3600)} h` : duration(size);
  return seconds > 0 ? `${words} ago` : `in ${words}`;
}
function setText(element, text) { if (element && element.textContent !== text) element.textContent = text; }
function tick() {
  for (const time of $$('time[data-when]')) setText($('[data-relative]', time), relative(Date.parse(time.dateTime)));
  for (const element of $$('[data-countdown]')) {
    const left = (Date.parse(element.dataset.countdown) - Date.now()) / 1000;
    const role = left > 86400 ? 'neutral' : left > 7200 ? 'waiting' : left > 1800 ? 'attention' : 'failed';
    element.className = `countdown role-${role}`;
    setText($('[data-left]', element), left > 0 ? `${duration(left)} left` : 'Time is over');
  }
}
setInterval(tick, 10000);

// Theme, shortcuts list, dialogs, copying, dismissing: one listener each for the whole page.
async function copy(button) {
  const source = document.getElementById(button.dataset.copy), text = source.value ?? source.textContent;
  try { await navigator.clipboard.writeText(text); } catch { source.select?.(); document.execCommand('copy'); }
  const label = $('span', button), before = button.dataset.label ??= label.textContent;
  label.textContent = 'Copied';
  announce('Copied', true);
  setTimeout(() => { label.textContent = before; }, 2000);
}
document.addEventListener('click', (event) => {
  const on = (selector) => event.target.closest(selector);
  for (const menu of $$('details.menu[open]')) if (!menu.contains(event.target)) menu.open = false;
  if (on('[data-copy]')) copy(on('[data-copy]'));
  if (on('[data-dismiss]')) on('[data-dismiss]').closest('li, .note').remove();
  if (on('[data-dialog]')) document.getElementById(on('[data-dialog]').dataset.dialog).showModal();
  if (on('[data-poll-again]')) { const live = on('[data-poll]'); polls.delete(live.id); htmx.trigger(live, 'poll'); }
  if (on('[data-stay]')) { stayAlive(); $('#idle').close(); }
});
document.addEventListener('change', (event) => {
  if (event.target.name === 'theme') store.set('theme', document.documentElement.dataset.theme = event.target.value);
  if (event.target.id === 'shortcuts-on') store.set('shortcuts', event.target.checked ? 'on' : 'off');
});
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') $$('details.menu[open]').forEach((menu) => { menu.open = false; $('summary', menu).focus(); });
  const typing = event.target.closest('input:not([type=checkbox], [type=radio]), textarea, select, dialog, [contenteditable]');
  if (typing || event.ctrlKey || event.metaKey || event.altKey || store.get('shortcuts') === 'off') return;
  const target = $$('[data-key]').find((element) => element.dataset.key === event.key);
  if (event.key === '?' && $('#shortcuts')) $('#shortcuts').showModal();
  else if (target) target.matches('input, textarea') ? target.focus() : target.click();
  else return;
  event.preventDefault();
});

// Forms: busy at once, sent once; leaving with unsaved changes is asked about.
const changed = new Set();
const isPost = (form) => form.method === 'post' && !form.matches('[data-upload]');
function rest(form) { delete form.dataset.busy; $$('[aria-busy]', form).forEach((button) => button.removeAttribute('aria-busy')); }
document.addEventListener('submit', (event) => {
  const form = event.target, button = event.submitter;
  if (!isPost(form)) return;
  if (form.dataset.busy) { event.preventDefault(); event.stopImmediatePropagation(); return; }
  form.dataset.busy = 'yes';
  button?.setAttribute('aria-busy', 'true');
  announce(button?.dataset.busyWords || 'Working', true);
  changed.delete(form);
  // An answer that is a download leaves the page as it is: the form becomes usable again.
  setTimeout(() => rest(form), 30000);
}, true);
document.addEventListener('input', (event) => { const form = event.target.form; if (form?.matches('[data-guard]')) changed.add(form); });
addEventListener('beforeunload', (event) => { if ([...changed].some((form) => form.isConnected)) event.preventDefault(); });
addEventListener('pageshow', (event) => { if (event.persisted) $$('form[data-busy]').forEach(rest); });

// Drafts survive the idle sign-out in this tab only, and come back to the same person only.
const draftKey = () => `draft ${document.body.dataset.user} ${location.pathname}`;
const drafted = (form) => [...form.elements].filter((field) => field.name && !/^(hidden|password|file|submit)$/.test(field.type));
function keepDrafts() {
  const kept = [...changed].map((form) => [$$('form').indexOf(form), drafted(form).map((field) => [field.value, field.checked])]);
  try { if (kept.length) sessionStorage.setItem(draftKey(), JSON.stringify(kept)); } catch { /* storage is blocked */ }
  changed.clear();
}
function restoreDrafts() {
  let kept;
  try { kept = JSON.parse(sessionStorage.getItem(draftKey())); sessionStorage.clear(); } catch { return; }
  for (const [place, values] of kept ?? []) {
    const form = $$('form')[place];
    if (!form?.matches('[data-guard]')) continue;
    drafted(form).forEach((field, at) => { if (values[at]) [field.value, field.checked] = values[at]; });
    changed.add(form);
    announce('What you typed before you were signed out is back. It is not saved yet.', true);
  }
}

// Idle sign-out: warned two minutes before; work in any tab counts for all.
const limit = Number(document.body.dataset.idle || 0);
const seen = (now) => (now ? store.set('seen', now) : 0, seen.last = Math.max(seen.last || 0, now || Number(store.get('seen'))));
function stayAlive() { seen(Date.now()); fetch(document.body.dataset.alive, { method: 'HEAD' }).catch(() => {}); }
function checkIdle() {
  const left = limit - (Date.now() - seen()) / 1000, dialog = $('#idle');
  if (left <= 0) { keepDrafts(); $('form', dialog).submit(); } else if (left <= 120) {
    if (!dialog.open) dialog.showModal();
    setText($('[data-idle-left]', dialog), left > 60 ? `${Math.ceil(left / 60)} min` : `${Math.ceil(left / 10) * 10} s`);
  } else if (dialog.open) dialog.close();
}
if (limit) {
  seen(Date.now());
  restoreDrafts();
  setInterval(checkIdle, 2000);
  for (const kind of ['keydown', 'pointerdown']) {
    addEventListener(kind, () => { if (!$('#idle').open && Date.now() - seen() > 60000) stayAlive(); }, { passive: true });
  }
}

// Live fragments: every 2 s, after 30 s every 5 s, not in hidden tabs; status 286 or a fragment without data-poll ends it.
const polls = new Map();
function poll(live) {
  const state = polls.get(live.id) ?? { since: Date.now(), failures: 0 };
  if (state.ended) { polls.delete(live.id); return; }
  polls.set(live.id, state);
  clearTimeout(state.timer);
  state.timer = setTimeout(() => {
    if (document.hidden) document.addEventListener('visibilitychange', () => poll(live), { once: true });
    else if (live.isConnected) htmx.trigger(live, 'poll');
  }, Date.now() - state.since < 30000 ? 2000 : 5000);
}
document.addEventListener('htmx:configRequest', (event) => { if (event.detail.triggeringEvent?.type === 'poll') event.detail.headers['X-Poll'] = '1'; });
document.addEventListener('htmx:afterRequest', (event) => {
  const { elt, xhr, successful } = event.detail, form = elt.closest('form');
  if (form) rest(form);
  if (!elt.matches('[data-poll]')) { if (successful && limit) seen(Date.now()); return; }
  const state = polls.get(elt.id);
  if (!state) { if (!successful) poll(elt); return; }
  state.ended = xhr.status === 286;
  state.failures = successful ? 0 : state.failures + 1;
  if (!successful && state.failures < 3) poll(elt);
  else if (!successful) $('.live-stopped', elt).hidden = false;
});
document.addEventListener('htmx:afterSettle', (event) => {
  const said = $('[data-announce]', event.detail.elt)?.dataset.announce ?? event.detail.elt.dataset?.announce;
  if (said && said !== $('#announcer').textContent) announce(said);
});
for (const kind of ['htmx:sendError', 'htmx:responseError']) document.addEventListener(kind, (event) => {
  if (event.detail.elt.matches('[data-poll]')) return;
  const textContent = 'No usable answer came back. Reload the page to see what was stored.';
  $('#messages').append(Object.assign(document.createElement('li'), { className: 'note role-unknown', textContent }));
});

// Upload: kind and size are checked before sending; a lost connection continues by sending again under the same key.
const newKey = () => '10000000-1000-4000-8000-100000000000'.replace(/[018]/g,
  (digit) => (digit ^ crypto.getRandomValues(new Uint8Array(1))[0] & 15 >> digit / 4).toString(16));
const isKind = (file, accept) => !accept || accept.toLowerCase().split(',').map((kind) => kind.trim()).some((kind) =>
  kind.startsWith('.') ? file.name.toLowerCase().endsWith(kind) : kind.endsWith('/*') ? file.type.startsWith(kind.slice(0, -1)) : file.type === kind);
function prepareUpload(form) {
  const input = $('input[type="file"]', form), drop = $('.upload-drop', form);
  const take = (files) => [...files].forEach((file) => sendFile(form, input, file));
  input.addEventListener('change', () => { take(input.files); input.value = ''; });
  for (const kind of ['dragover', 'dragleave', 'drop']) drop.addEventListener(kind, (event) => {
    event.preventDefault();
    drop.classList.toggle('is-over', kind === 'dragover');
    if (kind === 'drop') take(event.dataTransfer.files);
  });
}
function sendFile(form, input, file) {
  const row = $('template', form).content.cloneNode(true).firstElementChild, bar = $('progress', row), again = $('[data-again]', row);
  const key = newKey(), { max, maxWords, kinds, target } = form.dataset;
  let request;
  const say = (text, wrong, retry) => {
    setText($('.upload-state', row), text);
    row.classList.toggle('is-wrong', wrong);
    again.hidden = !retry;
    $('.progress', row).hidden = wrong;
    if (wrong) $('[data-cancel]', row).textContent = 'Remove';
  };
  const show = (percent) => { bar.value = percent; setText($('.progress-words', row), `${percent} %`); };
  const lost = () => { say('The connection was lost. We try again as soon as you are online.', true, true); addEventListener('online', send, { once: true }); };
  function send() {
    if (!row.isConnected) return;
    const data = new FormData(form);
    data.set('upload_key', key);
    data.set(input.name, file);
    removeEventListener('online', send);
    request = new XMLHttpRequest();
    request.open('POST', form.action);
    request.setRequestHeader('HX-Request', 'true');
    request.upload.onprogress = (event) => show(Math.round(100 * event.loaded / event.total));
    request.onerror = lost;
    request.onload = () => {
      const said = request.getResponseHeader('Content-Type')?.startsWith('text/plain') && request.responseText;
      if (request.status >= 300) { say(said || 'This did not work. Please try again.', true, request.status >= 500 || !said); return; }
      row.remove();
      announce(`${file.name} was received`, true);
      const old = document.getElementById(target);
      if (old && request.responseText) { old.outerHTML = request.responseText; ready(document.getElementById(target) ?? document); }
    };
    $('[data-cancel]', row).textContent = 'Cancel';
    show(0);
    say('', false, false);
    request.send(data);
  }
  setText($('.upload-name', row), file.name);
  bar.ariaLabel = `Sending ${file.name}`;
  again.addEventListener('click', send);
  $('[data-cancel]', row).addEventListener('click', () => { request?.abort(); row.remove(); input.focus(); });
  $('.upload-list', form).append(row);
  if (!isKind(file, input.accept)) say(`This kind of file cannot be read here. Please send ${kinds}.`, true, false);
  else if (file.size > Number(max)) say(`This file is too large. At most ${maxWords} can be sent.`, true, false);
  else if (!file.size) say('This file is empty.', true, false);
  else send();
}

// Every page and every fragment that arrives later.
function ready(root) {
  tick();
  for (const live of [root, ...$$('[data-poll]', root)]) if (live.matches?.('[data-poll]')) poll(live);
  for (const radio of $$('input[name="theme"]', root)) radio.checked = radio.value === (document.documentElement.dataset.theme || 'system');
  $$('form[data-upload]', root).forEach(prepareUpload);
}
ready(document);
document.addEventListener('htmx:load', (event) => { if (event.detail.elt !== document.body) ready(event.detail.elt); });
