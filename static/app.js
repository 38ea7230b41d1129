// The only script of our own: every page is complete without it except live progress and upload progress.
const $ = (selector, root = document) => root.querySelector(selector), $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const on = (kinds, act, options) => kinds.split(' ').forEach((kind) => document.addEventListener(kind, act, options));
const setText = (element, text) => { if (element && element.textContent !== text) element.textContent = text; };
const read = (key) => { try { return localStorage.getItem(key); } catch { return null; } }; // storage may be blocked:
const keep = (key, value) => { try { localStorage.setItem(key, value); } catch { /* a choice lasts for this page */ } };
// Polite announcements for screen readers, at most one in ten seconds unless a person just acted; the latest text wins.
let announced = 0, announceTimer;
function announce(text, atOnce = false) {
  clearTimeout(announceTimer);
  announceTimer = setTimeout(() => { announced = Date.now(); $('#announcer').textContent = text; }, atOnce ? 0 : Math.max(0, announced + 10000 - Date.now()));
}
function duration(seconds) {
  const s = Math.max(0, Math.floor(seconds)), m = Math.floor(s / 60), h = Math.floor(s / 3600), d = Math.floor(s / 86400);
  if (s < 3600) return s < 60 ? `${s} s` : `${m} min`;
  if (s < 86400) return m % 60 ? `${h} h ${m % 60} min` : `${h} h`;
  return `${d} day${d === 1 ? '' : 's'}${h % 24 && d < 30 ? ` ${h % 24} h` : ''}`;
}
function relative(moment) {
  const seconds = (Date.now() - moment) / 1000, size = Math.max(60, Math.abs(seconds));
  if (Math.abs(seconds) < 45) return 'just now';
  const words = size >= 3600 && size < 86400 ? `${Math.floor(size / 3600)} h` : duration(size);
  return seconds > 0 ? `${words} ago` : `in ${words}`;
}
function tick() {
  for (const time of $$('time[data-when]')) setText($('[data-relative]', time), relative(Date.parse(time.dateTime)));
  for (const element of $$('[data-countdown]')) {
    const left = (Date.parse(element.dataset.countdown) - Date.now()) / 1000;
    element.className = `countdown role-${left > 86400 ? 'neutral' : left > 7200 ? 'waiting' : left > 1800 ? 'attention' : 'failed'}`;
    setText($('[data-left]', element), left > 0 ? `${duration(left)} left` : 'Time is over');
  }
}
setInterval(tick, 10000);
// Copying, dismissing, dialogs, menus, theme, shortcuts: one listener each for the whole page.
async function copy(button) {
  const source = document.getElementById(button.dataset.copy), label = $('span', button);
  try { await navigator.clipboard.writeText(source.value ?? source.textContent); } catch { source.select?.(); document.execCommand('copy'); }
  label.textContent = 'Copied'; announce('Copied', true);
  setTimeout(() => { label.textContent = 'Copy'; }, 2000);
}
on('click', ({ target }) => {
  const at = (selector) => target.closest(selector);
  for (const menu of $$('details.menu[open]')) if (!menu.contains(target)) menu.open = false;
  if (at('[data-copy]')) copy(at('[data-copy]'));
  if (at('[data-dismiss]')) at('.note').remove();
  if (at('[data-dialog]')) document.getElementById(at('[data-dialog]').dataset.dialog).showModal();
  if (at('[data-poll-again]')) { polls.delete(at('[data-poll]').id); htmx.trigger(at('[data-poll]'), 'poll'); }
  if (at('[data-stay]')) { stayAlive(); at('dialog').close(); }
});
on('change', ({ target }) => {
  if (target.name === 'theme') keep('theme', document.documentElement.dataset.theme = target.value);
  if (target.id === 'shortcuts-on') keep('shortcuts', target.checked ? 'on' : 'off');
});
on('keydown', (event) => {
  if (event.key === 'Escape') for (const menu of $$('details.menu[open]')) { menu.open = false; $('summary', menu).focus(); }
  if (event.target.closest('input:not([type=checkbox], [type=radio]), textarea, select, dialog')) return;
  if (event.ctrlKey || event.metaKey || event.altKey || (read('shortcuts') === 'off' && event.key !== '?')) return;
  const target = event.key === '?' ? $('[data-dialog="shortcuts"]') : $$('[data-key]').find((element) => element.dataset.key === event.key);
  if (target) event.preventDefault();
  if (target?.matches('input, textarea')) target.focus(); else target?.click();
});
// Forms: busy at once and sent once (the key in the form makes a repeat harmless); unsaved changes are not lost by leaving.
const changed = new Set();
function rest(form) { delete form.dataset.busy; $$('[aria-busy]', form).forEach((button) => button.removeAttribute('aria-busy')); }
on('submit', (event) => {
  const form = event.target;
  if (form.method !== 'post') return;
  if (form.dataset.busy) { event.preventDefault(); event.stopImmediatePropagation(); return; }
  form.dataset.busy = 'yes';
  event.submitter?.setAttribute('aria-busy', 'true');
  announce(event.submitter?.dataset.busyWords || 'Working', true);
  changed.delete(form);
  setTimeout(rest, 30000, form); // an answer that is a download leaves this page standing
}, true);
on('input', ({ target }) => { if (target.form?.matches('[data-guard]')) changed.add(target.form); });
addEventListener('beforeunload', (event) => { if ([...changed].some((form) => form.isConnected)) event.preventDefault(); });
addEventListener('pageshow', (event) => { if (event.persisted) $$('form[data-busy]').forEach(rest); });
// Idle sign-out: warned two minutes before; work in any tab counts for all. What was typed waits in this tab for the same person.
const { idle, alive, user } = document.body.dataset, draftKey = `draft ${user} ${location.pathname}`;
const typed = (form) => [...form.elements].filter((field) => field.name && !/^(hidden|password|file|submit)$/.test(field.type));
let lastSeen = 0, watch;
const seen = (now) => { if (now) keep('seen', now); return lastSeen = Math.max(lastSeen, now || Number(read('seen'))); };
function stayAlive() { seen(Date.now()); fetch(alive, { method: 'HEAD' }).catch(() => {}); }
function signOut() {
  const kept = [...changed].map((form) => [$$('form').indexOf(form), typed(form).map((field) => [field.value, field.checked])]);
  try { if (kept.length) sessionStorage.setItem(draftKey, JSON.stringify(kept)); } catch { /* storage is blocked */ }
  changed.clear(); // or leaving would be asked about
  clearInterval(watch);
  $('#idle form').submit();
}
function restoreDrafts() {
  let kept = [];
  try { kept = JSON.parse(sessionStorage.getItem(draftKey)) ?? []; sessionStorage.clear(); } catch { /* storage is blocked */ }
  for (const [place, values] of kept) {
    const form = $$('form')[place];
    if (!form?.matches('[data-guard]')) continue;
    typed(form).forEach((field, at) => { if (values[at]) [field.value, field.checked] = values[at]; });
    changed.add(form);
    tell('running', 'What you typed before you were signed out is back. It is not saved yet.');
  }
}
function checkIdle() {
  const left = idle - (Date.now() - seen()) / 1000, dialog = $('#idle');
  if (left <= 0 || left > 120) return left > 0 ? dialog.close() : signOut();
  if (!dialog.open) dialog.showModal();
  setText($('[data-idle-left]', dialog), left > 60 ? `${Math.ceil(left / 60)} min` : `${Math.ceil(left / 10) * 10} s`);
}
if (idle) {
  seen(Date.now());
  restoreDrafts();
  watch = setInterval(checkIdle, 2000);
  on('keydown pointerdown', () => { if (!$('#idle').open && Date.now() - seen() > 60000) stayAlive(); }, { passive: true });
}
// Live fragments: every 2 s, after 30 s every 5 s, not in hidden tabs; status 286 or a fragment without data-poll ends it.
const polls = new Map(), pollState = (id) => polls.get(id) ?? polls.set(id, { since: Date.now(), failures: 0 }).get(id);
function poll(live) {
  const state = pollState(live.id);
  clearTimeout(state.timer);
  if (state.ended) return polls.delete(live.id);
  const ask = () => (document.hidden ? on('visibilitychange', () => poll(live), { once: true }) : live.isConnected && htmx.trigger(live, 'poll'));
  state.timer = setTimeout(ask, Date.now() - state.since < 30000 ? 2000 : 5000);
}
on('htmx:configRequest', ({ detail }) => { if (detail.elt.matches('[data-poll]')) detail.headers['X-Poll'] = '1'; });
on('htmx:afterRequest', ({ detail: { requestConfig: { elt }, xhr, successful } }) => { // the event itself may come from a parent
  if (elt.closest('form')) rest(elt.closest('form'));
  if (!elt.matches('[data-poll]')) { if (successful && idle) seen(Date.now()); return; }
  const state = pollState(elt.id);
  [state.ended, state.failures] = [xhr.status === 286, successful ? 0 : state.failures + 1];
  if (state.failures > 2) $('.live-stopped', elt).hidden = false; else if (!successful) poll(elt);
});
on('htmx:sendError htmx:responseError', ({ detail: { elt } }) => elt.matches('[data-poll]')
  || tell('unknown', 'No usable answer came back. Reload the page to see what was stored.'));
on('htmx:afterSettle', ({ detail: { elt } }) => {
  const said = elt.dataset.announce ?? $('[data-announce]', elt)?.dataset.announce;
  if (said && said !== $('#announcer').textContent) announce(said);
});
function tell(role, textContent) { $('#messages').append(Object.assign(document.createElement('li'), { className: `note role-${role}`, textContent })); }
// Upload: kind and size are checked before sending; a lost connection continues by sending again under the same key.
const newKey = () => '10000000-1000-4000-8000-100000000000'.replace(/[018]/g,
  (digit) => (digit ^ crypto.getRandomValues(new Uint8Array(1))[0] & 15 >> digit / 4).toString(16));
const isKind = ({ name, type }, accept) => !accept || accept.toLowerCase().split(/\s*,\s*/).some((kind) => (
  kind[0] === '.' ? name.toLowerCase().endsWith(kind) : kind.endsWith('/*') ? type.startsWith(kind.slice(0, -1)) : type === kind));
function prepareUpload(form) {
  const input = $('input[type="file"]', form), drop = $('.upload-drop', form);
  input.addEventListener('change', () => { for (const file of input.files) sendFile(form, input, file); input.value = ''; });
  for (const kind of ['dragover', 'dragleave', 'drop']) drop.addEventListener(kind, (event) => {
    event.preventDefault();
    drop.classList.toggle('is-over', kind === 'dragover');
    if (kind === 'drop') for (const file of event.dataTransfer.files) sendFile(form, input, file);
  });
}
function sendFile(form, input, file) {
  const row = $('template', form).content.cloneNode(true).firstElementChild, key = newKey(), request = new XMLHttpRequest();
  const { max, maxWords, kinds, target } = form.dataset, part = (selector) => $(selector, row), bar = part('progress');
  const show = (wrong, retry) => {
    row.classList.toggle('is-wrong', wrong !== '');
    [part('.progress').hidden, part('[data-again]').hidden] = [wrong !== '', !retry];
    setText(part('.upload-state'), wrong);
    setText(part('[data-cancel]'), wrong ? 'Remove' : 'Cancel');
  };
  const send = () => {
    if (!row.isConnected || (request.readyState > 0 && request.readyState < 4)) return;
    const data = new FormData(form);
    for (const [name, value] of [['upload_key', key], [input.name, file]]) data.set(name, value);
    request.open('POST', form.action);
    request.setRequestHeader('HX-Request', 'true');
    show('');
    request.send(data);
  };
  request.upload.onprogress = ({ loaded, total }) => { bar.value = 100 * loaded / total; setText(part('.progress-words'), `${Math.round(bar.value)} %`); };
  request.onerror = () => { show('The connection was lost. We try again as soon as you are online.', true); addEventListener('online', send, { once: true }); };
  request.onload = () => {
    const said = /^text\/plain/.test(request.getResponseHeader('Content-Type')) && request.responseText;
    if (request.status >= 300) { show(said || 'This did not work. Please try again.', !said || request.status >= 500); return; }
    row.remove();
    announce(`${file.name} was received`, true);
    document.getElementById(target).outerHTML = request.responseText;
    for (const part of $$('[data-instead-of]')) { document.getElementById(part.dataset.insteadOf)?.replaceWith(part); part.id = part.dataset.insteadOf; delete part.dataset.insteadOf; }
    ready(document.getElementById(target));
  };
  setText(part('.upload-name'), file.name);
  bar.ariaLabel = `Sending ${file.name}`;
  part('[data-again]').addEventListener('click', send);
  part('[data-cancel]').addEventListener('click', () => { request.abort(); row.remove(); input.focus(); });
  $('.upload-list', form).append(row);
  if (!isKind(file, input.accept)) show(`This kind of file cannot be used here. Please send ${kinds}.`);
  else if (file.size > max || !file.size) show(file.size ? `This file is too large. At most ${maxWords} can be sent.` : 'This file is empty.');
  else send();
}
// Every page, and every fragment that arrives later.
function ready(root) {
  tick();
  [root, ...$$('[data-poll]', root)].filter((live) => live.matches?.('[data-poll]')).forEach(poll);
  $$('form[data-upload]', root).forEach(prepareUpload);
}
for (const radio of $$('input[name="theme"]')) radio.checked = radio.value === (document.documentElement.dataset.theme || 'system');
if ($('#shortcuts-on')) $('#shortcuts-on').checked = read('shortcuts') !== 'off';
$$('.tabs [aria-current]').forEach((tab) => { const row = tab.closest('ul'); row.scrollLeft = tab.offsetLeft - row.offsetLeft - (row.clientWidth - tab.offsetWidth) / 2; }); // on a phone a row moves sideways
ready(document);
on('htmx:load', ({ detail }) => { if (detail.elt !== document.body) ready(detail.elt); });
