'use strict';

// The CaseHug app for Zapier: a key opens it, events of the firm start Zaps, Zaps act in CaseHug.

const { version: platformVersion } = require('zapier-platform-core');

const { version } = require('./package.json');
const authentication = require('./lib/authentication');
const { creates } = require('./lib/actions');
const { searches, searchOrCreates } = require('./lib/searches');
const { triggers } = require('./lib/triggers');
const { lists } = require('./lib/lists');

module.exports = {
  version,
  platformVersion,
  authentication,
  triggers: { ...triggers, ...lists },
  creates,
  searches,
  searchOrCreates,
};
