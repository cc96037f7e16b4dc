%% The peer of guest/registry.c: whereis, beside 10,000 other names.
-module(lookup).
-export([main/0]).

-define(ROUNDS, 5).
-define(CALLS, 1000000).
-define(NAMES, 10000).

main() -> bench:run(fun start/0).

start() ->
    [register(name(I), spawn(fun() -> receive stop -> ok end end))
     || I <- lists:seq(1, ?NAMES)],
    rounds(?ROUNDS, name(?NAMES div 2)).

name(I) -> list_to_atom("server-" ++ integer_to_list(I)).

rounds(0, _) -> ok;
rounds(Round, Name) ->
    Start = bench:now_ns(),
    lookups(?CALLS, Name),
    bench:report("lookup", bench:now_ns() - Start, ?CALLS),
    rounds(Round - 1, Name).

lookups(0, _) -> ok;
lookups(Left, Name) ->
    true = is_pid(whereis(Name)),
    lookups(Left - 1, Name).
