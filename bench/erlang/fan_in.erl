%% The peer of guest/fan_in.c.
-module(fan_in).
-export([main/0]).

-define(SENDERS, 100).
-define(ROUNDS, 5).
-define(EACH, 2000).

main() -> bench:run(fun start/0).

start() ->
    Self = self(),
    Senders = [spawn(fun() -> sender(Self) end)
               || _ <- lists:seq(1, ?SENDERS)],
    rounds(?ROUNDS, Senders).

rounds(0, _) -> ok;
rounds(Round, Senders) ->
    Start = bench:now_ns(),
    [Sender ! go || Sender <- Senders],
    take(?SENDERS * ?EACH),
    bench:report("fanin", bench:now_ns() - Start, ?SENDERS * ?EACH),
    rounds(Round - 1, Senders).

take(0) -> ok;
take(Left) ->
    receive {item, _} -> take(Left - 1) end.

sender(Sink) ->
    receive go -> send(?EACH, Sink) end,
    sender(Sink).

send(0, _) -> ok;
send(Left, Sink) ->
    Sink ! {item, Left},
    send(Left - 1, Sink).
