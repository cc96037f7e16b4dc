%% The peer of guest/spawn.c. A child knows its parent from the closure.
-module(spawner).
-export([main/0]).

-define(ROUNDS, 5).
-define(TIMES, 20000).
-define(PARENTS, 4).

main() -> bench:run(fun start/0).

start() ->
    one(?ROUNDS),
    Self = self(),
    Parents = [spawn(fun() -> parent(Self) end)
               || _ <- lists:seq(1, ?PARENTS)],
    four(?ROUNDS, Parents).

one(0) -> ok;
one(Round) ->
    Start = bench:now_ns(),
    cycles(?TIMES),
    bench:report("spawn", bench:now_ns() - Start, ?TIMES),
    one(Round - 1).

four(0, _) -> ok;
four(Round, Parents) ->
    Start = bench:now_ns(),
    [Parent ! go || Parent <- Parents],
    [receive {done, Parent} -> ok end || Parent <- Parents],
    bench:report("spawn4", bench:now_ns() - Start, ?TIMES),
    four(Round - 1, Parents).

parent(Starter) ->
    receive go -> cycles(?TIMES div ?PARENTS) end,
    Starter ! {done, self()},
    parent(Starter).

cycles(0) -> ok;
cycles(Left) ->
    Parent = self(),
    Child = spawn(fun() -> Parent ! {hello, self()} end),
    receive {hello, Child} -> cycles(Left - 1) end.
