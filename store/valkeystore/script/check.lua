-- Every command of a write, under keys that no circuit has. Nothing of it stays.
begin()
redis.call('HSETNX', key, 'window.c1', '0')
redis.call('HINCRBY', key, 'probe_ok', 1)
move('1', 'closed', '1')
local forgotten = rememberTransition('closed', '1')
local reply = answer(1, forgotten)
redis.call('PEXPIREAT', key, '1')
if not forgotten then
  redis.call('PEXPIREAT', KEYS[2], '1')
end
return reply
