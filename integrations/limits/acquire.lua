-- One decision about one call of one connection, on the server's clock.
-- KEYS: state (hash), ledger (sorted set of grants), presence (someone of the firm is at work)
-- ARGV: lane, calls per minute, minute in µs, pause until (µs, from the caller's row), 1 if the row was just read,
--       learned rate of that row (0 = none), calls made without this server, random token
-- Returns: word (ok, wait, cold), µs to wait, learned rate × 1000 to store (-1 = unchanged, 0 = forgotten)
local now = redis.call('TIME')
now = now[1] * 1000000 + now[2]
local state, ledger, presence = KEYS[1], KEYS[2], KEYS[3]
local lane, cap, minute = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local window = minute * 61 / 60
local second = minute / 60

if redis.call('EXISTS', state) == 0 then
  if ARGV[5] ~= '1' then return {'cold', 0, -1} end
  redis.call('HSET', state, 'cap', cap)
  if tonumber(ARGV[6]) > 0 then
    redis.call('HSET', state, 'rate', ARGV[6], 'seen', tonumber(ARGV[6]) / 0.8, 'seen_at', now, 'step_at', now)
  end
end
local names = {'tat', 'pause', 'mark0', 'mark1', 'mark2', 'owed1', 'owed2', 'rate', 'seen', 'seen_at', 'step_at', 'seq'}
local found, s = redis.call('HMGET', state, unpack(names)), {}
for i, name in ipairs(names) do s[name] = tonumber(found[i]) or 0 end
if lane == 0 then redis.call('SET', presence, '1', 'PX', math.ceil(minute / 200)) end -- five minutes

local function keep()
  local pairs_of = {}
  for _, name in ipairs(names) do
    pairs_of[#pairs_of + 1] = name
    pairs_of[#pairs_of + 1] = string.format('%.17g', s[name])
  end
  redis.call('HSET', state, 'cap', cap, unpack(pairs_of))
  redis.call('PEXPIRE', state, 86400000)
end

-- A "wait" of the provider is law for every lane.
s.pause = math.max(s.pause, tonumber(ARGV[4]))
if s.pause > now then
  keep()
  return {'wait', math.ceil(s.pause - now), -1}
end

-- The exact ledger of the last 61 seconds, with the calls that were made while this server was away.
for i = 1, tonumber(ARGV[7]) do redis.call('ZADD', ledger, now, ARGV[8] .. ':' .. i) end
redis.call('ZREMRANGEBYSCORE', ledger, '-inf', '(' .. string.format('%.17g', now - window))
local used = redis.call('ZCARD', ledger)

-- Learned after a 429: up by a tenth in each busy minute, below what the provider last refused.
local top, changed = 0.98 * cap, -1
if s.rate > 0 then
  local half_hours = math.floor((now - s.seen_at) / (30 * minute))
  if half_hours > 0 then
    s.seen, s.seen_at = s.seen + 2 * half_hours, s.seen_at + half_hours * 30 * minute
  end
  local ceiling = math.min(top, 0.95 * s.seen)
  if now - s.step_at >= minute and used >= 0.8 * s.rate and s.rate < ceiling then
    s.rate, s.step_at = math.min(s.rate * 1.1, ceiling), now
    changed = math.floor(s.rate * 1000)
  end
  if s.rate >= top then s.rate, s.seen, changed = 0, 0, 0 end
end
local pace, most = top, cap
if s.rate > 0 then
  pace = math.min(pace, s.rate)
  most = math.min(cap, math.max(1, math.floor(s.seen))) -- what was refused once is not tried again by coming late
end
if lane == 2 and redis.call('EXISTS', presence) == 1 then pace = math.min(pace, 0.88 * cap) end

-- Even spacing (GCRA): four calls at once for a button, three for automatic work, one for bulk.
local gap = minute / pace
local burst = ({4, 3, 1})[lane + 1]
local wait = math.max(0, s.tat - (burst - 1) * gap - now)
if used >= most then
  local oldest = redis.call('ZRANGE', ledger, used - most, used - most, 'WITHSCORES')
  wait = math.max(wait, tonumber(oldest[2]) + window - now + 1)
end

-- Lanes: a waiting higher lane goes first, but a waiting lower lane gets one call in ten.
local marks, owed = {s.mark0, s.mark1, s.mark2}, {0, s.owed1, s.owed2}
local behind = false
for other = 0, 2 do
  if marks[other + 1] > now then
    if other < lane and owed[lane + 1] < 9 then behind = true end
    if other > lane and owed[other + 1] >= 9 then behind = true end
  end
end
if behind then wait = wait + gap end
if wait > 0 then
  s['mark' .. lane] = now + wait + 2 * second
  keep()
  return {'wait', math.ceil(wait), changed}
end

-- Granted. A caller that comes a little late loses nothing: the next call may come so much sooner, never at once.
-- After a rest the grid starts anew.
local base = now
if now - s.tat <= 3 * gap then base = math.max(s.tat, now - 0.9 * gap) end
s.tat = base + gap
s.seq = s.seq + 1
redis.call('ZADD', ledger, now, string.format('%.17g', s.seq))
redis.call('PEXPIRE', ledger, math.ceil(window / 1000) + 1000)
for other = 1, 2 do
  if other ~= lane and marks[other + 1] > now then s['owed' .. other] = s['owed' .. other] + 1 end
end
s['mark' .. lane] = 0
if lane > 0 then s['owed' .. lane] = 0 end
keep()
return {'ok', 0, changed}
