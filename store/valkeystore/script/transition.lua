-- ARGV: 3 the next generation, 4 the state, 5 since, 6 open until, 7 relapses;
-- the cause: 8 rule, 9 calls, 10 failures, 11 slow, 12 span, 13 actor, 14
-- reason.
move(ARGV[3], ARGV[4], ARGV[5])
put('open_until_ms', ARGV[6])
put('relapses', ARGV[7])
say('cause.rule', ARGV[8])
put('cause.calls', ARGV[9])
put('cause.failures', ARGV[10])
put('cause.slow', ARGV[11])
put('cause.span_ms', ARGV[12])
say('cause.actor', ARGV[13])
say('cause.reason', ARGV[14])
return made(rememberTransition(ARGV[4], ARGV[5]))
