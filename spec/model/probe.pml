/*
 * How a fleet probes a half-open circuit: the rules of ../protocol.md that hold
 * the number of probes, for spin. README.md says how to run it, what it leaves
 * out, and what the words EV and M_ are for.
 *
 * Time goes by in ticks. Nothing says when something happened, only for how long
 * it will last (until, counted down to 0) or how old it is (age, counted up to
 * where nothing changes any more), so that a fleet may run for ever in finitely
 * many states. The clock of environment e is ahead of the slowest by AHEAD(e).
 */
#ifndef K
#define K 1            /* half_open.probes: 1 or 2 */
#endif
#ifndef ENVS
#define ENVS 3         /* environments: 2 or more */
#endif
#ifndef THREADS
#define THREADS 2      /* calls at once in each of them */
#endif
#ifndef FAULTS
#define FAULTS 255     /* how many there may be; 255: without end */
#endif
#ifndef BUSY
#define BUSY     (ENVS * THREADS)  /* how many of them may be between look and settlement at once */
#endif
#ifndef ONLY
#define ONLY 0         /* the one law to look at; 0: all */
#endif
#define LAW(number, holds) broken = ((holds) || (ONLY && ONLY != number) -> broken : number)
#define N        (ENVS * THREADS)
#define SKEW     1     /* from the slowest clock to the fastest */
#define TIMEOUT  1     /* call.timeout */
#ifdef M_SKEW          /* rule 4: the margin is no greater than the skew */
#define MARGIN   SKEW
#else
#define MARGIN   2     /* half_open.margin */
#endif
#define LEASE    (TIMEOUT + MARGIN)
#ifdef M_COOLDOWN      /* rule 7: the open time is short */
#define COOLDOWN 1
#else
#define COOLDOWN (LEASE + MARGIN)
#endif
#define HELD     (LEASE + MARGIN)       /* how long the holder of a slot is respected */
#define PAUSE    (MARGIN > SKEW -> MARGIN - SKEW : 1)  /* how long a prober must not stand still before it calls */
#define TOO_LATE (LEASE - TIMEOUT + 1)  /* the age of a claim at which no call can begin */

mtype = { closed, open, half_open };                            /* states of the circuit */
mtype = { idle, planned, unsure, owns, checked, calls, ended }; /* where a thread is */
mtype = { first, claim, settle, opens, closes };                /* writes */
mtype = { success, failure, ignored };                          /* outcomes */
mtype = { made, conflict, unknown };                            /* answers of the store */

typedef Slot   { byte token; byte until }             /* token 0: free */
typedef Write  { mtype kind; bool fresh; byte slot; byte was; byte token; mtype outcome; byte until }
typedef Thread { mtype at; mtype kind; bool fresh; bool shown; byte slot; byte token; byte age; bool paused }

/* The record. A generation is not a number here but whether a reference is still
   fresh: generations only rise, so what is of an older one never matches again. */
mtype state = open;
byte  until;           /* of the open time */
Slot  slot[K];
byte  ok, failed;      /* up to what decides, 1 each: half_open.successes and failures */

Thread T[N];
Write  late;           /* a write whose writer gave up: it lands some time, or never */
byte   middle;         /* the clock of all environments but the first and the last */
byte   flying;         /* probes at the dependency whose prober was not paused */
byte   busy, faults;
bool   calm;           /* the last fault is over */
byte   broken;         /* the law that is */

byte   hasty;          /* threads that time has to wait for */

hidden Write w;        /* these live for one step only */
hidden mtype answer;
hidden byte  landed, i, before;

#define AHEAD(t)        ((t) / THREADS == 0 -> 0 : ((t) / THREADS == ENVS-1 -> SKEW : middle))
#define COOLED(t)       (until <= AHEAD(t))
#ifdef M_LEASE          /* rule 3: a claim is no lease */
#define EXPIRED(a, s)   false
#else
#ifdef M_MARGIN         /* rule 4: no margin at all */
#define EXPIRED(a, s)   (slot[s].until <= a + MARGIN)
#else
#define EXPIRED(a, s)   (slot[s].until <= a)
#endif
#endif
#define TAKEABLE(t, s)  (slot[s].token == 0 || EXPIRED(AHEAD(t), s))
#define PROBES(t)       (state == half_open && ok == 0 && failed == 0 && (TAKEABLE(t, 0) || TAKEABLE(t, K-1)))
#define CLAIMS(kind)    (kind == claim || kind == first)
#define MAY_FAIL        (!calm && faults < FAULTS)
#define FAULT           faults = (FAULTS == 255 -> 0 : faults + 1)
/* Threads whose clocks are equal are the same, so they are kept in order, and of
   those that are idle the last begins. Nothing is lost: who is who has no meaning. */
#ifdef M_OWNER
#define TWINS(t, u)     (t / THREADS == (u) / THREADS)
#else
#define TWINS(t, u)     (AHEAD(t) == AHEAD((u)))
#endif
#define BEGINS(t)       (T[t].at == idle && busy < BUSY && (t == N-1 || !TWINS(t, t+1) || T[t+1].at != idle))
#define KEY(t)          (T[t].age + 8*(T[t].token + 16*(T[t].slot + 2*(T[t].fresh + 2*(T[t].paused + 2*(T[t].kind + 32*T[t].at))))))

/* Rule 1: every write has a condition, the generation and whose slot it was. */
#ifdef M_UNCONDITIONAL
#define HOLDS           true
#else
#ifdef M_CLAIM
#define HOLDS           (CLAIMS(w.kind) || (w.fresh && (w.kind != settle || slot[w.slot].token == w.was)))
#else
#define HOLDS           (w.fresh && ((w.kind != settle && w.kind != claim) || slot[w.slot].token == w.was))
#endif
#endif

#define FREE(s)  slot[s].token = 0; slot[s].until = 0
#define TAKE(s)  slot[s].token = w.token; slot[s].until = w.until; LAW(8, w.until <= HELD + SKEW)
#define REST(t)  busy--; T[t].at = idle; T[t].kind = 0; T[t].fresh = false; T[t].shown = false; \
                 T[t].slot = 0; T[t].token = 0; T[t].age = 0; T[t].paused = false
#define DROP     late.kind = 0; late.fresh = false; late.slot = 0; late.was = 0; \
                 late.token = 0; late.outcome = 0; late.until = 0
#define COPY(to, from) to.kind = from.kind; to.fresh = from.fresh; to.slot = from.slot; to.was = from.was; \
                 to.token = from.token; to.outcome = from.outcome; to.until = from.until
#define NO_WRITE w.kind = 0; w.fresh = true; w.slot = 0; w.was = 0; w.token = 0; w.outcome = 0; w.until = 0

/* What the write w does to the record. */
inline apply() {
	d_step {
		landed = true;
		LAW(2, w.fresh);                                         /* S2 */
		before = ok + failed;
		if
		:: w.kind == claim -> TAKE(w.slot)
		:: w.kind == settle ->
			FREE(w.slot);
			if
			:: w.outcome == success -> ok = 1
			:: w.outcome == failure -> failed = 1
#ifdef M_IGNORED
			:: w.outcome == ignored -> failed = 1
#else
			:: w.outcome == ignored
#endif
			fi;
			LAW(7, (w.outcome != ignored || ok + failed == before))   /* S7 */
		:: else ->                                  /* a transition: another generation */
			for (i : 0 .. N-1) { T[i].fresh = false }
			late.fresh = false;
			for (i : 0 .. K-1) { FREE(i) }
			ok = 0; failed = 0; until = 0;
			if
			:: w.kind == first  -> state = half_open; TAKE(0)
			:: w.kind == opens  -> state = open; until = w.until
			:: w.kind == closes -> state = closed
			fi
		fi
	}
}

/* One operation of the store: it is made or not, and its writer learns so or not. */
inline exchange() {
	landed = false;
	if
	:: HOLDS  -> apply(); answer = made
	:: !HOLDS -> answer = conflict
	:: MAY_FAIL && HOLDS && CLAIMS(w.kind) -> FAULT; apply(); answer = unknown  /* the answer is lost */
	:: MAY_FAIL -> FAULT; answer = unknown                                      /* the write is lost */
	:: MAY_FAIL && late.kind == 0 -> FAULT; COPY(late, w); landed = 2; answer = unknown  /* it lands later */
	fi
}

/* A call ends at its timeout. After the last fault nobody is held up until it is too late. */
#define HASTY(t) ((T[t].at == calls && T[t].age == TIMEOUT) || (calm && (T[t].at == checked || T[t].at == ended || \
	((T[t].at == planned || T[t].at == unsure || T[t].at == owns) && T[t].age + 1 >= TOO_LATE))))

/* Rule 2: a token is made for each attempt. That is a number which nobody names. */
#ifdef M_OWNER
#define TOKEN(t) w.token = t / THREADS + 1
#else
#define NAMED(n) (slot[0].token == n || slot[K-1].token == n || late.was == n || late.token == n)
#define TOKEN(t) d_step { \
	w.token = 1; i = 0; \
	do \
	:: NAMED(w.token) -> w.token++; i = 0 \
	:: !NAMED(w.token) && i < N && T[i].token == w.token -> w.token++; i = 0 \
	:: !NAMED(w.token) && i < N && T[i].token != w.token -> i++ \
	:: !NAMED(w.token) && i == N -> break \
	od }
#endif

/* What thread t is told if it asks now: no, make what is due, claim a slot, or yes. */
#define TOLD(t) (state == closed -> 4 : (state == open -> (COOLED(t) -> 2 : 0) : (ok + failed > 0 -> 1 : \
	(TAKEABLE(t, 0) -> 2 : (TAKEABLE(t, K-1) -> 3 : 0)))))

#define SWAP(field) before = T[i].field; T[i].field = T[i+1].field; T[i+1].field = before

/* Says what stands after a step, counts whom time has to wait for, and forgets what can never match again: a token
   that its slot has lost never returns to it. */
inline done() {
	d_step {
#if !defined(M_OWNER) && !defined(M_CLAIM) && !defined(M_UNCONDITIONAL)
		for (i : 0 .. N-1) {
			if
			:: T[i].at != idle && T[i].at != unsure && (!T[i].fresh || (T[i].token != 0 && T[i].token != slot[T[i].slot].token)) ->
				T[i].fresh = false; T[i].token = 0;
				if :: T[i].at == planned -> T[i].age = HELD + AHEAD(i); T[i].slot = 0 :: T[i].at == ended -> T[i].slot = 0 :: else fi
			:: else
			fi
		}
		if
		:: late.kind != 0 && (!late.fresh || (late.was != 0 && late.was != slot[late.slot].token)) -> late.fresh = false; late.was = 0; late.until = 0
		:: else
		fi;
#endif
#ifndef LIVE
		i = 0;
		do
		:: i < N-1 && TWINS(i, i+1) && KEY(i) > KEY(i+1) ->
			SWAP(at); SWAP(kind); SWAP(fresh); SWAP(shown); SWAP(slot); SWAP(token); SWAP(age); SWAP(paused);
			printf("EV swap %d %d\n", i, i+1);
			i = (i > 0 -> i-1 : 0)
		:: i < N-1 && !(TWINS(i, i+1) && KEY(i) > KEY(i+1)) -> i++
		:: i >= N-1 -> break
		od;
#endif
		hasty = 0;
		for (i : 0 .. N-1) { if :: HASTY(i) -> hasty++ :: else fi }
		printf("EV record %e %d %d %d %d %d %d %d %d %d %d\n", state, until, ok, failed, slot[0].token, slot[0].until,
			slot[K-1].token, slot[K-1].until, TOLD(0), TOLD(THREADS), TOLD(N-1));
		if :: broken -> printf("EV broken %d\n", broken) :: else fi;
		assert(broken == 0)
	}
}

proctype thread(byte t) {
	do
	:: atomic { BEGINS(t) && (PROBES(t) || (state == open && COOLED(t))) ->  /* looks, and may probe */
		busy++; T[t].at = planned; T[t].fresh = true;
		if
		:: state == open -> T[t].kind = first
		:: state == half_open -> T[t].kind = claim; T[t].slot = (TAKEABLE(t, 0) -> 0 : K-1); T[t].token = slot[T[t].slot].token
		fi;
		printf("EV looks %d %e %d\n", t, T[t].kind, T[t].slot);
		done() }

	:: atomic { BEGINS(t) && ((state == half_open && ok + failed > 0) || (state == closed && MAY_FAIL)) ->
		NO_WRITE; w.until = COOLDOWN + AHEAD(t);                             /* makes what is due */
		w.kind = (state == half_open && failed == 0 -> closes : opens);
		if :: state == closed -> FAULT :: else fi;
		if :: w.kind == closes -> w.until = 0 :: else fi;
		exchange();
		printf("EV moves %d %e %e %d\n", t, w.kind, answer, landed);
		done() }

	:: atomic { T[t].at == planned ->                                        /* claims */
		NO_WRITE; w.kind = T[t].kind; w.fresh = T[t].fresh; w.slot = T[t].slot; w.was = T[t].token;
		w.until = HELD + AHEAD(t) - T[t].age;
		TOKEN(t); T[t].kind = 0; T[t].token = w.token;
		exchange();
		if
		:: answer == made -> T[t].at = owns; T[t].fresh = true; T[t].shown = true
		:: answer == conflict -> REST(t)
#ifdef M_UNKNOWN        /* rule 6: an unknown claim is ownership */
		:: answer == unknown -> T[t].at = owns; T[t].fresh = true
#else
		:: answer == unknown -> T[t].at = unsure
#endif
		fi;
		printf("EV claims %d %e %d %d %e %d\n", t, w.kind, w.slot, w.token, answer, landed);
		done() }

	:: atomic { T[t].at == unsure ->                                         /* reads the record once */
		if
		:: slot[T[t].slot].token == T[t].token -> answer = made; T[t].at = owns; T[t].fresh = true; T[t].shown = true
		:: slot[T[t].slot].token != T[t].token -> answer = conflict; REST(t)
		:: MAY_FAIL -> FAULT; answer = unknown; REST(t)
		fi;
		printf("EV reads %d %e\n", t, answer);
		done() }

#ifdef M_CHECK          /* rule 5: nobody looks at the clock before the call */
#define IN_TIME true
#else
#define IN_TIME (T[t].age < TOO_LATE)
#endif
	:: atomic { T[t].at == owns && IN_TIME ->                                /* looks at the clock */
		T[t].at = checked; T[t].age = 0;
		printf("EV checks %d\n", t);
		done() }

	:: atomic { T[t].at == owns && !IN_TIME ->                               /* gives the slot back */
		T[t].at = ended; T[t].kind = ignored; T[t].age = 0; T[t].shown = false;
		printf("EV gives_up %d\n", t);
		done() }

	:: atomic { T[t].at == checked ->                                        /* calls */
		T[t].at = calls; T[t].age = 0;
		printf("EV calls %d %d\n", t, T[t].paused);
		LAW(3, T[t].shown);                                                  /* S3 */
		T[t].shown = false;
		if :: T[t].paused :: else -> flying++ fi;
		LAW(1, flying <= K);                                                 /* S1, S1b, S1c */
		done() }

	:: atomic { T[t].at == calls ->                                          /* the call ends */
		if :: T[t].paused :: else -> flying-- fi;
		T[t].at = ended; T[t].age = 0; T[t].paused = false;
		if
		:: T[t].kind = success
		:: MAY_FAIL -> FAULT; T[t].kind = failure
		:: MAY_FAIL -> FAULT; T[t].kind = ignored
		fi;
		printf("EV ends %d %e\n", t, T[t].kind);
		done() }

	:: atomic { T[t].at == ended ->                                          /* settles */
		NO_WRITE; w.kind = settle; w.fresh = T[t].fresh; w.slot = T[t].slot; w.was = T[t].token; w.outcome = T[t].kind;
		REST(t);
		exchange();
		printf("EV settles %d %e %e %d\n", t, w.outcome, answer, landed);
		done() }

	:: atomic { MAY_FAIL && (T[t].at == planned || T[t].at == owns || T[t].at == checked) ->
		FAULT; REST(t);                                                      /* dies */
		printf("EV dies %d\n", t);
		done() }
	od
}

inline tick() {
	for (i : 0 .. N-1) {
		if
		:: T[i].at == planned && T[i].age < HELD + AHEAD(i) -> T[i].age++
		:: (T[i].at == unsure || T[i].at == owns) && T[i].age < TOO_LATE -> T[i].age++
		:: T[i].at == checked && T[i].age < PAUSE -> T[i].age++; T[i].paused = (T[i].age == PAUSE)
		:: T[i].at == calls -> T[i].age++
		:: else
		fi
	}
	for (i : 0 .. K-1) {
		if :: slot[i].until > 0 -> slot[i].until-- :: else fi;
		LAW(8, (slot[i].token == 0 || slot[i].until > 0 || EXPIRED(0, i)))                          /* S8 */
	}
	if :: until > 0 -> until-- :: else fi;
	if :: late.until > 0 -> late.until-- :: else fi
}

active proctype world() {
	atomic {
		if :: middle = 0 :: middle = SKEW fi;
		printf("EV fleet %d %d %d %d\n", K, ENVS, THREADS, middle);
		for (i : 0 .. N-1) { T[i].at = idle; run thread(i) }
	};
	do
	:: atomic { hasty == 0 -> d_step { printf("EV tick\n"); tick() }; done() }
	:: atomic { late.kind != 0 ->
		COPY(w, late); DROP; landed = false;
		if :: HOLDS -> apply() :: else fi;
		printf("EV lands %e %d\n", w.kind, landed);
		done() }
#ifdef LIVE
	:: !calm -> calm = true
#endif
	od
}

#ifdef LIVE
ltl L1 { <> calm -> <> [] (state == closed) }
#endif
