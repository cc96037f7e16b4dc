%% The peer of guest/ring.c.
-module(ring).
-export([main/0]).

-define(MEMBERS, 1000).
-define(ROUNDS, 5).
-define(LAPS, 500).

main() -> bench:run(fun start/0).

start() ->
    Next = members(?MEMBERS - 1, self()),
    laps(1, Next),
    rounds(?ROUNDS, Next).

members(0, Next) -> Next;
members(Left, Next) ->
    members(Left - 1, spawn(fun() -> member(Next) end)).

rounds(0, _) -> ok;
rounds(Round, Next) ->
    Start = bench:now_ns(),
    laps(?LAPS, Next),
    bench:report("ring", bench:now_ns() - Start, ?LAPS * ?MEMBERS),
    rounds(Round - 1, Next).

laps(0, _) -> ok;
laps(Lap, Next) ->
    Next ! {token, Lap},
    receive {token, Lap} -> laps(Lap - 1, Next) end.

member(Next) ->
    receive {token, _} = Token ->
        Next ! Token,
        member(Next)
    end.
