%% The peer of guest/latency.c.
-module(latency).
-export([main/0]).

-define(SPINNERS, 100).
-define(SLEEPS, 100).
-define(SLEEP_MS, 5).

main() -> bench:run(fun start/0).

start() ->
    Self = self(),
    Listener = spawn(fun() -> listen(?SLEEPS, Self) end),
    [spawn(fun() -> spin(0) end) || _ <- lists:seq(1, ?SPINNERS)],
    sleeps(?SLEEPS, Listener),
    receive done -> ok end.

spin(N) -> spin(N + 1).

sleeps(0, _) -> ok;
sleeps(Left, Listener) ->
    Deadline = bench:now_ns() + ?SLEEP_MS * 1000000,
    receive after ?SLEEP_MS -> ok end,
    Woken = bench:now_ns(),
    bench:report("wake", max(Woken - Deadline, 0), 1),
    Listener ! {sent, bench:now_ns()},
    sleeps(Left - 1, Listener).

listen(0, Starter) -> Starter ! done;
listen(Left, Starter) ->
    receive {sent, Sent} ->
        bench:report("delivery", bench:now_ns() - Sent, 1),
        listen(Left - 1, Starter)
    end.
