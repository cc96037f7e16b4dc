/*
 * DESIGN
 * One loop: draw what is known, wait for a key, for rounds, or for the time at
 * which the rest is asked again. Questions are answered in some milliseconds,
 * so they are asked in between. A line is all that ncurses ever gets, and it is
 * clean.
 *
 * The signal handler for a new size is that of ncurses, which makes a key of
 * it.
 */
#include "cli/top/top.h"

#include "cli/control.h"

#if LUNATIC_NCURSES

#include <langinfo.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The functions whose names begin with mv and w only. */
#define NCURSES_NOMACROS 1
#include <ncurses.h>

#include "base/time.h"
#include "control/client.h"

#define ESCAPE 27
#define ESCAPE_DELAY 50 /* ms, in which it may be the start of another key */
#define NARROWEST 20
#define LOWEST 6
#define INTERVAL_MIN 100
#define INTERVAL_MAX 60000

struct view {
	struct ln_top *top;
	struct ln_top_text head;
	struct ln_top_text body;
	int64_t asked; /* when the rest was asked last */
	bool utf8;     /* the terminal shows more than ASCII */
	bool over;     /* the user has enough */
	char find[LN_TOP_TYPED];
};

/* ---- Drawing ---- */

static attr_t attribute(enum ln_top_style style)
{
	switch (style) {
	case LN_TOP_STRONG:
		return A_BOLD;
	case LN_TOP_HEADING:
		return A_REVERSE;
	case LN_TOP_WRONG:
		return A_BOLD | A_UNDERLINE;
	default:
		return A_NORMAL;
	}
}

/* A line of the screen, filled with blanks to its end. */
static void draw_line(const struct view *view, int y, const char *text,
		      attr_t style)
{
	int columns = getmaxx(stdscr);
	int taken;
	size_t len = ln_top_fit(text, columns, &taken);
	char *line = strndup(text, len);

	if (line == NULL)
		return;
	for (char *at = line; !view->utf8 && *at != '\0'; at++) {
		if ((unsigned char)*at >= 0x80)
			*at = '?';
	}
	(void)attrset((int)style);
	mvaddstr(y, 0, line);
	if (style != A_NORMAL)
		while (taken++ < columns)
			addch(' ');
	(void)attrset((int)A_NORMAL);
	free(line);
}

/* Lines that the page has room for, without its heading. */
static int room(const struct view *view)
{
	int lines = getmaxy(stdscr) - (int)view->head.count - 3;

	return lines > 1 ? lines : 1;
}

/* Keeps the selected row, or the last line, on the screen. */
static void keep_in_view(struct view *view)
{
	struct ln_top *top = view->top;
	size_t rows = ln_top_row_count(top);
	size_t fit = (size_t)room(view);

	if (!ln_top_lists(top->page)) {
		size_t lines = view->body.count > 0 ? view->body.count - 1 : 0;

		if (top->first + fit > lines)
			top->first = lines > fit ? lines - fit : 0;
		return;
	}
	if (top->selected >= rows)
		top->selected = rows > 0 ? rows - 1 : 0;
	if (top->first > top->selected)
		top->first = top->selected;
	if (top->selected >= top->first + fit)
		top->first = top->selected - fit + 1;
	if (top->first + fit > rows)
		top->first = rows > fit ? rows - fit : 0;
}

static void draw_body(struct view *view, int y)
{
	const struct ln_top *top = view->top;
	int lines = room(view);
	bool lists = ln_top_lists(top->page);

	if (view->body.count == 0)
		return;
	draw_line(view, y, view->body.lines[0].text,
		  attribute(view->body.lines[0].style));
	for (int i = 0; i < lines; i++) {
		size_t row = top->first + (size_t)i;
		const struct ln_top_line *line;

		if (row + 1 >= view->body.count)
			break;
		line = &view->body.lines[row + 1];
		draw_line(view, y + 1 + i, line->text,
			  lists && row == top->selected
				  ? A_BOLD | A_REVERSE
				  : attribute(line->style));
	}
}

static void draw_title(const struct view *view, int y)
{
	static const char *const names[LN_TOP_PAGES] = {
		[LN_TOP_PROCESSES] = "Processes",
		[LN_TOP_PROCESS] = "Process",
		[LN_TOP_ENVIRONMENTS] = "Environments",
		[LN_TOP_NODES] = "Nodes",
		[LN_TOP_SOCKETS] = "Sockets",
		[LN_TOP_DEATHS] = "Recent deaths",
		[LN_TOP_DEATH] = "Death",
		[LN_TOP_HELP] = "Help",
	};
	const struct ln_top *top = view->top;
	char line[256];
	int len = snprintf(line, sizeof(line), "%s", names[top->page]);

	if (top->page == LN_TOP_PROCESSES)
		len += snprintf(line + len, sizeof(line) - (size_t)len,
				" by %s%s%s%s", ln_top_sort_name(top->sort),
				top->absolute ? ", in all" : "",
				top->filter[0] != '\0' ? ", with " : "",
				top->filter);
	if (ln_top_lists(top->page))
		snprintf(line + len, sizeof(line) - (size_t)len, "  %zu of %zu",
			 ln_top_row_count(top) > 0 ? top->selected + 1 : 0,
			 ln_top_row_count(top));
	draw_line(view, y, line, A_BOLD);
}

static void draw(struct view *view)
{
	struct ln_top *top = view->top;
	int y = 0;
	int last = getmaxy(stdscr) - 1;

	ln_top_clear(&view->head);
	ln_top_clear(&view->body);
	ln_top_head(top, &view->head);
	ln_top_body(top, getmaxx(stdscr), &view->body);
	keep_in_view(view);
	erase();
	if (getmaxx(stdscr) < NARROWEST || getmaxy(stdscr) < LOWEST) {
		mvaddstr(0, 0, "too small");
		refresh();
		return;
	}
	for (size_t i = 0; i < view->head.count; i++)
		draw_line(view, y++, view->head.lines[i].text,
			  attribute(view->head.lines[i].style));
	draw_title(view, y++);
	draw_body(view, y);
	draw_line(view, last,
		  top->note[0] != '\0' ? top->note : ln_top_keys(top->page),
		  A_REVERSE);
	refresh();
}

/* ---- Asking the user ---- */

/* Reads a line at the bottom; false: it was given up. */
static bool read_line(const struct view *view, const char *question,
		      char typed[LN_TOP_TYPED])
{
	char line[LN_TOP_TYPED + 64];
	size_t len = strlen(typed);
	int key;

	timeout(-1);
	for (;;) {
		snprintf(line, sizeof(line), "%s%s", question, typed);
		draw_line(view, getmaxy(stdscr) - 1, line, A_REVERSE);
		refresh();
		key = getch();
		if (key == '\n' || key == '\r' || key == KEY_ENTER)
			return true;
		if (key == ESCAPE || key == ERR)
			return false;
		if ((key == KEY_BACKSPACE || key == 127 || key == '\b') &&
		    len > 0)
			typed[--len] = '\0';
		else if (key == ('u' & 31))
			typed[len = 0] = '\0';
		else if (key >= ' ' && key < 127 && len < LN_TOP_TYPED - 1) {
			typed[len++] = (char)key;
			typed[len] = '\0';
		}
	}
}

static bool ask_yes(const struct view *view, const char *question)
{
	draw_line(view, getmaxy(stdscr) - 1, question, A_REVERSE | A_BOLD);
	refresh();
	timeout(-1);
	return getch() == 'y';
}

/* ---- Keys ---- */

static void look_again(struct view *view)
{
	view->asked = 0;
}

static void go_to(struct view *view, enum ln_top_page page)
{
	struct ln_top *top = view->top;

	if (top->page != page) {
		top->selected = 0;
		top->first = 0;
	}
	/* A death's own page shows a row of the list that it came from. */
	if (page != LN_TOP_DEATH &&
	    !(page == LN_TOP_DEATHS && top->page == LN_TOP_DEATH)) {
		json_decref(top->list);
		top->list = NULL;
	}
	json_decref(top->before);
	top->before = NULL;
	free(top->trace);
	top->trace = NULL;
	top->page = page;
	look_again(view);
}

static void go_back(struct view *view)
{
	struct ln_top *top = view->top;

	if (ln_top_lists(top->page))
		go_to(view, LN_TOP_PROCESSES);
	else
		go_to(view, top->under);
}

static void open_selected(struct view *view)
{
	struct ln_top *top = view->top;
	uint64_t number = ln_top_row_number(top, top->selected);

	if (number == 0 ||
	    (top->page != LN_TOP_PROCESSES && top->page != LN_TOP_DEATHS))
		return;
	top->under = top->page;
	top->subject = number;
	go_to(view, top->page == LN_TOP_DEATHS ? LN_TOP_DEATH : LN_TOP_PROCESS);
}

static void kill_selected(struct view *view)
{
	struct ln_top *top = view->top;
	uint64_t number = top->page == LN_TOP_PROCESS
				  ? top->subject
				  : ln_top_row_number(top, top->selected);
	char question[96];

	if (number == 0 ||
	    (top->page != LN_TOP_PROCESSES && top->page != LN_TOP_PROCESS))
		return;
	snprintf(question, sizeof(question),
		 "Kill process %llu? Its links are told that it failed. (y/n)",
		 (unsigned long long)number);
	if (!ask_yes(view, question)) {
		snprintf(top->note, sizeof(top->note), "nothing was killed");
		return;
	}
	view->over = !ln_top_kill(top, number);
	look_again(view);
}

/* Goes to the next row that has what was looked for. */
static void find_next(struct view *view)
{
	struct ln_top *top = view->top;
	size_t rows = ln_top_row_count(top);

	for (size_t i = 1; i <= rows && view->find[0] != '\0'; i++) {
		size_t row = (top->selected + i) % rows;

		if (row + 1 < view->body.count &&
		    strstr(view->body.lines[row + 1].text, view->find) !=
			    NULL) {
			top->selected = row;
			return;
		}
	}
	snprintf(top->note, sizeof(top->note), "no row has '%s'", view->find);
}

static void sort_by(struct view *view, enum ln_top_sort sort)
{
	view->top->sort = sort;
	ln_top_restart(view->top);
}

static void change_interval(struct view *view, bool longer)
{
	struct ln_top *top = view->top;

	top->interval = longer ? top->interval * 2 : top->interval / 2;
	if (top->interval < INTERVAL_MIN)
		top->interval = INTERVAL_MIN;
	else if (top->interval > INTERVAL_MAX)
		top->interval = INTERVAL_MAX;
	ln_top_restart(top);
}

static void move_by(struct view *view, long rows)
{
	struct ln_top *top = view->top;
	size_t *place = ln_top_lists(top->page) ? &top->selected : &top->first;

	if (rows < 0 && (size_t)-rows > *place)
		*place = 0;
	else
		*place += (size_t)rows;
}

/* Keys that move; false: it is another one. */
static bool take_move(struct view *view, int key)
{
	switch (key) {
	case KEY_UP:
	case 'k':
		move_by(view, -1);
		return true;
	case KEY_DOWN:
	case 'j':
		move_by(view, 1);
		return true;
	case KEY_PPAGE:
		move_by(view, -room(view));
		return true;
	case KEY_NPAGE:
		move_by(view, room(view));
		return true;
	case KEY_HOME:
		move_by(view, -(1 << 20));
		return true;
	case KEY_END:
		move_by(view, 1 << 20);
		return true;
	default:
		return false;
	}
}

/* Keys that go to another page; likewise. */
static bool take_page(struct view *view, int key)
{
	static const struct {
		int key;
		enum ln_top_page page;
	} pages[] = {
		{ 'p', LN_TOP_PROCESSES },    { 'n', LN_TOP_NODES },
		{ 'e', LN_TOP_ENVIRONMENTS }, { 's', LN_TOP_SOCKETS },
		{ 'd', LN_TOP_DEATHS },
	};

	if (key == '?' || key == 'h' || key == KEY_F(1)) {
		if (view->top->page != LN_TOP_HELP)
			view->top->under = ln_top_lists(view->top->page)
						   ? view->top->page
						   : LN_TOP_PROCESSES;
		go_to(view, LN_TOP_HELP);
		return true;
	}
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		if (pages[i].key == key) {
			go_to(view, pages[i].page);
			return true;
		}
	}
	return false;
}

/* Keys of the list of processes. */
static void take_sort(struct view *view, int key)
{
	static const char keys[] = "cmbgr"; /* in the order of ln_top_sort */
	const char *at = key < 128 ? strchr(keys, key) : NULL;
	struct ln_top *top = view->top;

	if (top->page != LN_TOP_PROCESSES)
		return;
	if (key == 'w') {
		top->absolute = !top->absolute;
		ln_top_restart(top);
	} else if (at != NULL && *at != '\0') {
		sort_by(view, (enum ln_top_sort)(at - keys));
	} else if (key == 'f' && read_line(view, "Filter: ", top->filter)) {
		ln_top_restart(top);
	}
}

static void take_key(struct view *view, int key)
{
	struct ln_top *top = view->top;

	top->note[0] = '\0';
	if (take_move(view, key) || take_page(view, key))
		return;
	switch (key) {
	case 'q':
		view->over = true;
		return;
	case ESCAPE:
	case KEY_BACKSPACE:
		go_back(view);
		return;
	case '\n':
	case '\r':
	case KEY_ENTER:
		open_selected(view);
		return;
	case 'x':
		kill_selected(view);
		return;
	case '/':
		if (ln_top_lists(top->page) &&
		    read_line(view, "Find: ", view->find))
			find_next(view);
		return;
	case '+':
	case '-':
		change_interval(view, key == '+');
		return;
	case ' ':
		look_again(view);
		return;
	default:
		take_sort(view, key);
	}
}

/* ---- The loop ---- */

/* Milliseconds until the rest is to be asked again. */
static int until_next(const struct view *view)
{
	int64_t due = view->asked + view->top->interval * LN_NS_PER_MS;
	int64_t left = (due - ln_time_now()) / LN_NS_PER_MS;

	return left > 0 ? (int)left : 0;
}

/* Waits for a key or a round. */
static void wait_for(const struct view *view)
{
	struct pollfd fds[2] = { { .fd = STDIN_FILENO, .events = POLLIN },
				 { .fd = -1, .events = POLLIN } };

	if (view->top->stream != NULL)
		fds[1].fd = ln_control_fd(view->top->stream);
	/* Interrupted by a signal, it is called again. */
	(void)poll(fds, 2, until_next(view));
}

static void take_keys(struct view *view)
{
	int key;

	for (;;) {
		timeout(0);
		key = getch();
		if (key == ERR || view->over)
			return;
		if (key != KEY_RESIZE)
			take_key(view, key);
	}
}

static void run(struct view *view)
{
	struct ln_top *top = view->top;

	while (!view->over) {
		bool more = ln_top_read_rounds(top, ln_time_now());

		if (!more && top->error != NULL)
			return;
		if (until_next(view) == 0) {
			if (!ln_top_refresh(top))
				return;
			view->asked = ln_time_now();
		}
		draw(view);
		wait_for(view);
		take_keys(view);
	}
}

int ln_top_screen(struct ln_top *top)
{
	struct view view = {
		.top = top, .utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0
	};
	SCREEN *screen = newterm(NULL, stdout, stdin);

	if (screen == NULL) {
		top->error = strdup("this terminal is not known; set TERM, or "
				    "use --batch");
		return LN_ASK_FAILED;
	}
	set_term(screen);
	raw();
	noecho();
	keypad(stdscr, TRUE);
	set_escdelay(ESCAPE_DELAY);
	curs_set(0);
	run(&view);
	endwin();
	delscreen(screen);
	ln_top_clear(&view.head);
	ln_top_clear(&view.body);
	return top->error != NULL ? LN_ASK_FAILED : 0;
}

#else

#include <string.h>

int ln_top_screen(struct ln_top *top)
{
	top->error = strdup("this lunatic was built without ncurses; use "
			    "lunatic top --batch 1, or build it where "
			    "libncurses-dev is installed");
	return LN_ASK_FAILED;
}

#endif
