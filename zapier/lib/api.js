'use strict';

// Every call to the product goes through here: its address, the key, repeats, and errors in plain words.

const crypto = require('node:crypto');

const LOOPBACK = new Set(['127.0.0.1', '[::1]', 'localhost']);
const TIMEOUT_MS = 25_000; // Zapier ends a step after 30 seconds
const WAIT = new Set([409, 429, 503]); // with Retry-After: the same call may work later

const wrong = (z, text, code, status) => new z.errors.Error(text, code, status);

/** Return the product's address without a path. Throws in plain words unless it is https (http only on loopback). */
const baseUrl = (z, bundle) => {
  let url;
  try {
    url = new URL(String(bundle.authData.base_url || '').trim());
  } catch {
    throw wrong(z, 'The address of CaseHug is not a web address. Copy it from your browser, such as https://intake.firm.example.', 'address');
  }
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && LOOPBACK.has(url.hostname))) {
    throw wrong(z, 'The address of CaseHug must begin with https://. Otherwise the API key could be read on its way.', 'address');
  }
  if (url.username || url.password) {
    throw wrong(z, 'The address of CaseHug must not hold a name or password.', 'address');
  }
  return url.origin;
};

const sorted = (value) => {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.keys(value).sort().map((name) => [name, sorted(value[name])]));
};

/**
 * Return the Idempotency-Key of a POST. Zapier tells a step no number of its run, so the key is made of the Zap, the
 * kind of act, the values sent and, if the person mapped one, the reference of the run: a repeated run has one effect.
 */
const onceKey = (bundle, act, values, reference = '') => {
  const zap = String((bundle.meta && bundle.meta.zap && bundle.meta.zap.id) || '');
  const told = JSON.stringify([zap, act, sorted(values), String(reference)]);
  return `zapier-${crypto.createHash('sha256').update(told).digest('hex')}`;
};

/** Return what a refusal says, with the fields it names and what the person can do. */
const words = (status, body) => {
  const error = (body && body.error) || {};
  const fields = ((error.details && error.details.fields) || []).map(({ field, message }) => `${field}: ${message}`);
  const said = [error.message || `CaseHug answered ${status} without an explanation.`, ...fields].join(' ');
  if (status === 403) {
    return `${said} A firm admin can make a key with this right: CaseHug, Settings, API keys. Then change the connection in Zapier.`;
  }
  if (status >= 500) return 'CaseHug could not answer just now. Nothing needs to be changed; try again in some minutes.';
  if (status >= 300 && status < 400) return 'This address leads on to another one. Enter the address that your browser shows when CaseHug is open.';
  return said;
};

const parsed = (response) => {
  try {
    return JSON.parse(response.content || 'null');
  } catch {
    return null;
  }
};

const check = (z, response, allow) => {
  const { status } = response;
  const body = parsed(response);
  if (status >= 200 && status < 300) {
    if (status !== 204 && (body === null || typeof body !== 'object' || !('data' in body))) {
      throw wrong(z, 'Something answered at this address, but it is not CaseHug. Check the address of the connection.', 'address', status);
    }
    return body;
  }
  if (allow.includes(status)) return null;
  const wait = parseInt(response.getHeader('retry-after') || '', 10);
  if (WAIT.has(status) && wait > 0) throw new z.errors.ThrottledError(words(status < 500 ? status : 429, body), wait);
  if (status === 401) {
    throw new z.errors.ExpiredAuthError('CaseHug does not accept this API key: it is mistyped, ended or revoked. A firm admin makes a new one under Settings, API keys.');
  }
  throw wrong(z, words(status, body), (body && body.error && body.error.code) || '', status);
};

/** Make one call and return the whole answer body; null for 204 and for the statuses in `allow`. */
const call = async (z, bundle, { method = 'GET', path, params = {}, body, once, allow = [] }) => {
  const headers = { 'X-Api-Key': bundle.authData.api_key, Accept: 'application/json' };
  if (once) headers['Idempotency-Key'] = once;
  const options = {
    method, headers, params, url: `${baseUrl(z, bundle)}/api/v1/${path}`, timeout: TIMEOUT_MS,
    redirect: 'manual', // a redirect would take the key to another address
    skipThrowForStatus: true, throwForThrottlingEarly: false,
  };
  if (body !== undefined) Object.assign(options, { body, headers: { ...headers, 'Content-Type': 'application/json' } });
  let response;
  try {
    response = await z.request(options);
  } catch (error) {
    if (!['FetchError', 'AbortError', 'TypeError'].includes(error.name)) throw error;
    throw wrong(z, 'CaseHug could not be reached at this address. Check it in your browser, then try again.', 'unreachable');
  }
  const answer = check(z, response, allow);
  return answer && { ...answer, replayed: response.getHeader('idempotency-replayed') === 'true' };
};

/** Return the values that were filled in, by the names the API knows. */
const filled = (input, names) =>
  Object.fromEntries(names.filter((name) => input[name] !== undefined && input[name] !== null && input[name] !== '').map((name) => [name, input[name]]));

module.exports = { baseUrl, call, filled, onceKey, wrong };
