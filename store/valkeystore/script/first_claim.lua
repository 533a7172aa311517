-- ARGV: 3 the next generation, 4 the state, 5 since, 6 the rule, 7 the token, 8
-- the end of its lease.
move(ARGV[3], ARGV[4], ARGV[5])
say('cause.rule', ARGV[6])
say('p0.token', ARGV[7])
put('p0.end_ms', ARGV[8])
return made(rememberTransition(ARGV[4], ARGV[5]))
