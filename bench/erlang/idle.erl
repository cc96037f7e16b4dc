%% The peer of guest/idle.c.
-module(idle).
-export([main/0]).

main() -> bench:run(fun start/0).

start() ->
    Count = list_to_integer(string:trim(io:get_line(""))),
    Self = self(),
    [spawn(fun() -> wait(Self) end) || _ <- lists:seq(1, Count)],
    [receive ready -> ok end || _ <- lists:seq(1, Count)],
    bench:report("waiting", Count, 1),
    receive never -> ok end.

wait(Starter) ->
    Starter ! ready,
    receive never -> ok end.
