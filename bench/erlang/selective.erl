%% The peer of guest/selective.c. The answer to a request carries a fresh
%% reference, which lets the emulator start its search behind the messages
%% that were there before: the same idea as lunatic's skip_search.
-module(selective).
-export([main/0]).

-define(WAITING, 10000).
-define(ROUNDS, 5).
-define(TIMES, 500).

main() -> bench:run(fun start/0).

start() ->
    Server = spawn(fun server/0),
    [self() ! {other, N} || N <- lists:seq(1, ?WAITING)],
    rounds(?ROUNDS, Server).

rounds(0, _) -> ok;
rounds(Round, Server) ->
    Start = bench:now_ns(),
    pick_out(?TIMES),
    bench:report("selective", bench:now_ns() - Start, ?TIMES),
    Between = bench:now_ns(),
    request(?TIMES, Server),
    bench:report("request", bench:now_ns() - Between, ?TIMES),
    rounds(Round - 1, Server).

pick_out(0) -> ok;
pick_out(Left) ->
    self() ! {wanted, Left},
    receive {wanted, Left} -> pick_out(Left - 1) end.

request(0, _) -> ok;
request(Left, Server) ->
    Ref = make_ref(),
    Server ! {self(), Ref, Left},
    receive {Ref, Left} -> request(Left - 1, Server) end.

server() ->
    receive {Client, Ref, Number} ->
        Client ! {Ref, Number},
        server()
    end.
