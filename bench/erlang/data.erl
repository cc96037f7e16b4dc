%% The peer of guest/v13/data.c. The data is kept as a term that all processes
%% share without a copy, as Erlang does it. Its size is a plain argument.
-module(data).
-export([main/0]).

-define(ROUNDS, 3).
-define(ROUND_NS, 30000000).
-define(PAGE, 4096).

main() -> bench:run(fun start/0).

start() ->
    Bytes = list_to_integer(hd(init:get_plain_arguments())),
    persistent_term:put(data, binary:copy(<<7>>, Bytes)),
    case io:get_line("") of
        eof -> parts(Bytes);
        Line ->
            [Count, Tenths] = [list_to_integer(Word)
                               || Word <- string:lexemes(Line, " \n")],
            hold(Count, Tenths)
    end.

parts(Bytes) ->
    part(0, "none"),
    Bytes > 0 andalso part(1, "tenth"),
    Bytes > 0 andalso part(10, "all").

part(Tenths, Name) ->
    Self = self(),
    measure("data-spawn-" ++ Name, fun() ->
        Child = spawn(fun() -> read(Tenths), Self ! {hello, self()} end),
        receive {hello, Child} -> ok end
    end),
    Server = spawn(fun() -> serve(Tenths) end),
    measure("data-request-" ++ Name, fun() ->
        Server ! {Self, 1},
        receive {Server, 1} -> ok end
    end),
    Tenths > 0 andalso
        measure("data-read-" ++ Name, fun() -> read(Tenths) end).

serve(Tenths) ->
    receive {From, Number} -> read(Tenths), From ! {self(), Number} end,
    serve(Tenths).

read(0) -> ok;
read(Tenths) ->
    Data = persistent_term:get(data),
    read(Data, 0, byte_size(Data) * Tenths div 10).

read(_, At, Size) when At >= Size -> ok;
read(Data, At, Size) ->
    binary:at(Data, At),
    read(Data, At + ?PAGE, Size).

%% Repeats until a round's time is over.
measure(Series, Work) -> measure(Series, Work, ?ROUNDS, 1).

measure(_, _, 0, _) -> ok;
measure(Series, Work, Rounds, Batch) ->
    Start = bench:now_ns(),
    {Ns, Count, Larger} = round(Work, Start, 0, Batch),
    bench:report(Series, Ns, Count),
    measure(Series, Work, Rounds - 1, Larger).

round(Work, Start, Count, Batch) ->
    times(Work, Batch),
    case bench:now_ns() - Start of
        Ns when Ns >= ?ROUND_NS -> {Ns, Count + Batch, Batch};
        Ns when Ns < ?ROUND_NS div 100 ->
            round(Work, Start, Count + Batch, Batch * 2);
        _ -> round(Work, Start, Count + Batch, Batch)
    end.

times(_, 0) -> ok;
times(Work, Left) -> Work(), times(Work, Left - 1).

hold(Count, Tenths) ->
    Self = self(),
    [spawn(fun() -> wait(Self, Tenths) end) || _ <- lists:seq(1, Count)],
    [receive ready -> ok end || _ <- lists:seq(1, Count)],
    bench:report("waiting", Count, 1),
    receive never -> ok end.

wait(Starter, Tenths) ->
    read(Tenths),
    Starter ! ready,
    receive never -> ok end.
