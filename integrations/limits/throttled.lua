-- The provider answered "too many": everyone of this connection waits, and the pace is learned from what we had sent.
-- KEYS: state, ledger. ARGV: calls per minute (100000 = unknown), minute in µs, µs to wait. Returns the learned rate × 1000.
local now = redis.call('TIME')
now = now[1] * 1000000 + now[2]
local state, ledger = KEYS[1], KEYS[2]
local cap, minute, wait = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local pause = tonumber(redis.call('HGET', state, 'pause')) or 0
local rate = tonumber(redis.call('HGET', state, 'rate')) or 0
if pause <= now or rate == 0 then
  -- The first answer of an incident counts; those of calls that were under way at the same time say nothing new.
  -- Never below a tenth of the setting: a rival that eats everything must not stop us for good.
  local least = cap < 100000 and cap / 10 or 5
  local seen = math.max(redis.call('ZCOUNT', ledger, now - minute, '+inf'), least)
  rate = math.min(0.8 * seen, 0.98 * cap)
  redis.call('HSET', state, 'rate', string.format('%.17g', rate), 'seen', string.format('%.17g', seen))
  redis.call('HSET', state, 'seen_at', string.format('%.17g', now))
end
pause = math.max(pause, now + wait)
redis.call('HSET', state, 'pause', string.format('%.17g', pause), 'step_at', string.format('%.17g', pause), 'cap', cap)
redis.call('PEXPIRE', state, math.max(86400000, math.ceil(wait / 1000) + 86400000))
return math.floor(rate * 1000)
