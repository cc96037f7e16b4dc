%% What the Erlang peers share. Each benchmark runs in a process of its own,
%% as a guest does, and reports what bench/run.sh reads.
-module(bench).
-export([run/1, now_ns/0, report/3]).

%% Runs Fun in a fresh process and ends the emulator.
run(Fun) ->
    {Pid, Monitor} = spawn_monitor(Fun),
    receive
        {'DOWN', Monitor, process, Pid, normal} -> erlang:halt(0);
        {'DOWN', Monitor, process, Pid, Reason} ->
            io:format(standard_error, "~p~n", [Reason]),
            erlang:halt(1)
    end.

now_ns() -> erlang:monotonic_time(nanosecond).

%% Reports the nanoseconds that each of Count took.
report(Series, Ns, Count) ->
    io:format("~s ~.3f~n", [Series, Ns / Count]).
