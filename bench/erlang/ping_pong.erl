%% The peer of guest/ping_pong.c.
-module(ping_pong).
-export([main/0]).

-define(ROUNDS, 5).
-define(TRIPS, 200000).

main() -> bench:run(fun start/0).

start() ->
    Self = self(),
    Peer = spawn(fun() -> echo(Self) end),
    rounds(?ROUNDS, Peer).

rounds(0, _) -> ok;
rounds(Round, Peer) ->
    Start = bench:now_ns(),
    trips(?TRIPS, Peer),
    bench:report("pingpong", bench:now_ns() - Start, 2 * ?TRIPS),
    rounds(Round - 1, Peer).

trips(0, _) -> ok;
trips(Trip, Peer) ->
    Peer ! {ping, Trip},
    receive {pong, Trip} -> trips(Trip - 1, Peer) end.

echo(Peer) ->
    receive {ping, Number} ->
        Peer ! {pong, Number},
        echo(Peer)
    end.
