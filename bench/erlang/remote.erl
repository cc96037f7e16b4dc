%% The peer of guest/remote.c. A child knows its parent from its arguments, and
%% an echo whom to answer; all else is the same.
-module(remote).
-export([main/0, echo/1, sink/1, child/1]).

-define(ROUNDS, 5).
-define(PAIRS, 64).
-define(TRIPS_ALONE, 8000).
-define(TRIPS_TOGETHER, 500).
-define(SMALL_TIMES, 100000).
-define(LARGE_TIMES, 2000).
-define(LARGE, 65536).
-define(SPAWNS, 500).

main() -> bench:run(fun start/0).

start() ->
    [Node] = init:get_plain_arguments(),
    There = list_to_atom(Node),
    pong = net_adm:ping(There),
    ping("remotetrip", There, 1, ?TRIPS_ALONE),
    ping("remoteload", There, ?PAIRS, ?TRIPS_TOGETHER),
    flood("remotesmall", There, <<0:64>>, ?SMALL_TIMES),
    flood("remotelarge", There, <<0:(?LARGE * 8)>>, ?LARGE_TIMES),
    spawns(?ROUNDS, There).

echo(Peer) ->
    receive {ping, Number} ->
        Peer ! {pong, Number},
        echo(Peer)
    end.

sink(Peer) ->
    receive
        {last, _} -> Peer ! done;
        {data, _} -> ok
    end,
    sink(Peer).

child(Parent) -> Parent ! started.

ping(Series, There, Count, Trips) ->
    Self = self(),
    Pingers = [spawn(fun() -> pinger(Self, Series, There, Trips) end)
               || _ <- lists:seq(1, Count)],
    [receive {ready, Pinger} -> ok end || Pinger <- Pingers],
    [Pinger ! go || Pinger <- Pingers],
    [receive {done, Pinger} -> ok end || Pinger <- Pingers],
    [begin
         Pinger ! report,
         receive {reported, Pinger} -> ok end
     end || Pinger <- Pingers],
    ok.

pinger(Starter, Series, There, Trips) ->
    Peer = spawn(There, ?MODULE, echo, [self()]),
    Starter ! {ready, self()},
    receive go -> ok end,
    Samples = trips(Trips, Peer, []),
    Starter ! {done, self()},
    receive report -> ok end,
    [bench:report(Series, Sample, 1) || Sample <- Samples],
    Starter ! {reported, self()}.

trips(0, _, Samples) -> Samples;
trips(Trip, Peer, Samples) ->
    Start = bench:now_ns(),
    Peer ! {ping, Trip},
    receive {pong, Trip} -> ok end,
    trips(Trip - 1, Peer, [bench:now_ns() - Start | Samples]).

flood(Series, There, Data, Times) ->
    Peer = spawn(There, ?MODULE, sink, [self()]),
    flood_rounds(?ROUNDS, Series, Peer, Data, Times).

flood_rounds(0, _, _, _, _) -> ok;
flood_rounds(Round, Series, Peer, Data, Times) ->
    Start = bench:now_ns(),
    send(Times - 1, Peer, Data),
    Peer ! {last, Data},
    receive done -> ok end,
    bench:report(Series, bench:now_ns() - Start, Times),
    flood_rounds(Round - 1, Series, Peer, Data, Times).

send(0, _, _) -> ok;
send(Left, Peer, Data) ->
    Peer ! {data, Data},
    send(Left - 1, Peer, Data).

spawns(0, _) -> ok;
spawns(Round, There) ->
    Start = bench:now_ns(),
    cycles(?SPAWNS, There),
    bench:report("remotespawn", bench:now_ns() - Start, ?SPAWNS),
    spawns(Round - 1, There).

cycles(0, _) -> ok;
cycles(Left, There) ->
    spawn(There, ?MODULE, child, [self()]),
    receive started -> ok end,
    cycles(Left - 1, There).
