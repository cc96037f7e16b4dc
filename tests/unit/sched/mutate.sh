#!/bin/sh
# Builds a mistake into a copy of a source, for the test that the deterministic
# mode finds it.
#
#   mutate.sh NAME SOURCE COPY
#
# Fails when the mistake cannot be made any more because the source has changed.
set -eu

name=$1
source=$2
copy=$3

case $name in
lost_token) # a wake-up that comes while the task runs leaves no trace
	edit='s/else if (state == LN_TASK_ACTIVE)/else if (false)/'
	;;
no_second_look) # a worker goes to sleep without another look at the queues
	edit='/^static void sleep_worker/,/^}/s/!ln_sched_work_visible(sched)/true/'
	;;
deaf_to_stop) # ... or at whether it is to stop
	edit='/^static void sleep_worker/,/^}/s/!atomic_load_explicit(&sched->stopping, memory_order_acquire)/true/'
	;;
hasty_sleeper) # ... and does not wait for a waker that has chosen it
	edit='/^static void leave_idle/,/^}/s/ln_futex_wait(&worker->asleep, 1, -1);/break;/'
	;;
counted_twice) # a searcher can be found asleep before it is no searcher
	edit='/^static void enter_idle/,/^}/{
		s/^\tworker->searching = false;//
		s/if (searched) {/searched = worker->searching; worker->searching = false; &/
	}'
	;;
last_searcher) # the last one that finds work calls nobody else
	edit='/^static void found_work/,/^}/s/ln_sched_wake_worker(sched);/return;/'
	;;
no_rescue) # the ticker forgets the tasks that are next
	edit='/^static void rescue_next/,/^}/s/ln_sched_wake_worker(sched);/;/'
	;;
no_due) # ... or that a timer is due
	edit='/^static void serve_timers/,/^}/s/ln_sched_wake_worker(sched);/;/'
	;;
torn_wait) # a receiver looks, and notes that it waits, in two steps
	edit='s/mailbox->waiting = true;/ln_lock_release(\&mailbox->lock); ln_lock_acquire(\&mailbox->lock); &/'
	;;
greedy_filter) # a sender compares with the first wanted tag only
	edit='/^static enum ln_push deliver/,/^}/s/mailbox->wanted_count)));/1)));/'
	;;
silent_end) # the last task's end is not announced
	edit='/^static void finish/,/^}/s/&sched->none_left, 1,/\&sched->none_left, 0,/'
	;;
deaf_hold) # a wake-up that comes while a task is folded leaves no trace
	edit='s/else if (state == LN_TASK_HELD)/else if (false)/'
	;;
hasty_release) # ... or is not looked for at the end
	edit='/^void ln_fold_let_go/,/^}/s/^\tassert_held(task);/&\n\tatomic_store(\&task->state, LN_TASK_HELD);/'
	;;
drowned_question) # the fold takes the place of a question that came first
	edit='s|/\* Relaxed: who takes it has entered the task. \*/|none = atomic_load(\&task->probe);|'
	;;
stale_tags) # senders compare with tags in a memory that went
	edit='/^const uint8_t \*ln_mailbox_want_from/,/^}/s/mailbox->wanted = tags;/(void)tags;/'
	;;
deaf_change) # who is asked to change does not wake up for that
	edit='/^int ln_change_ask/,/^}/s/ln_task_wake(&process->task)/(void)0/'
	;;
*)
	echo "mutate.sh: no mistake is called $name" >&2
	exit 2
	;;
esac

sed "$edit" "$source" >"$copy"
if cmp -s "$source" "$copy"; then
	rm -f "$copy"
	echo "mutate.sh: $name no longer applies to $source" >&2
	exit 1
fi
