'use strict';

// Loaded before anything else in a test: no connection leaves this computer, and each attempt is written down.

const fs = require('node:fs');
const net = require('node:net');

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);
const connect = net.Socket.prototype.connect;

net.Socket.prototype.connect = function closed(...args) {
  const given = Array.isArray(args[0]) ? args[0][0] : args[0];
  const options = typeof given === 'object' && given !== null ? given : { port: given, host: args[1] };
  const host = options.path ? 'localhost' : options.host || 'localhost';
  if (!LOOPBACK.has(host)) {
    if (process.env.CLOSED_LOG) fs.appendFileSync(process.env.CLOSED_LOG, `${host}:${options.port}\n`);
    throw new Error(`This test may not reach ${host}.`);
  }
  return connect.apply(this, args);
};
