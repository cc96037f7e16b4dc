"""The page of --observe in a browser, by clicks and keys.

    observe_page.py URL TOKEN BROWSER-FOLDER PICTURES-FOLDER
"""

import sys

from browser import Browser

url, token, folder, pictures = sys.argv[1:]


def has(browser, selector, what):
    browser.until("document.querySelector(%r) !== null" % selector, what)


def text(browser, selector):
    return browser.run("document.querySelector(%r).textContent" % selector)


def column(browser, number):
    """The texts of a column of the table."""
    return browser.run("[...document.querySelectorAll('tbody tr')]"
                       ".map(r => r.children[%d].textContent)" % number)


def loads(browser):
    browser.size(1200, 800)
    browser.scheme("light")
    browser.open(url + "/?token=" + token)
    browser.until("document.querySelector('#state')?.textContent === 'ready'",
                  "the page does not connect")
    assert "token" not in browser.run("location.href"), "the token stays"
    assert text(browser, "#program").startswith("observe.wasm")
    # Charts have lines, which grow.
    browser.until("document.querySelectorAll('path.line[d]').length >= 8",
                  "no lines in the charts")
    points = "document.querySelector('path.line').getAttribute('d').length"
    before = browser.run(points)
    browser.until("%s > %d" % (points, before), "the charts stand still")
    assert browser.run("[...document.querySelectorAll('.card .now')]"
                       ".some(n => Number(n.textContent) > 3)"), "no processes"


def sorts(browser):
    browser.click("nav a[data-view=processes]")
    has(browser, "tbody tr td", "no rows")
    browser.click("button[data-sort=number]")
    browser.until("document.querySelector('th[aria-sort=descending] button')"
                  ".dataset.sort === 'number'", "not sorted by a click")
    browser.until("document.querySelectorAll('tbody tr').length >= 5",
                  "too few rows")
    numbers = [int(n) for n in column(browser, 0)]
    assert numbers == sorted(numbers, reverse=True), numbers
    browser.click("button[data-sort=number]")
    browser.until("document.querySelector('th[aria-sort=ascending]') !== null",
                  "not sorted the other way")
    numbers = [int(n) for n in column(browser, 0)]
    assert numbers == sorted(numbers), numbers
    # Names come from guests, and are no markup.
    assert "left<b>&\"'" in column(browser, 1), column(browser, 1)
    assert browser.run("document.querySelector('td b') === null")


def filters(browser):
    browser.key("/")
    browser.type("store")
    browser.until("document.querySelectorAll('tbody tr').length === 1",
                  "not filtered")
    assert column(browser, 1) == ["store"], column(browser, 1)


def opens(browser):
    """By the keyboard; and kills by the page, after a question."""
    browser.key("Escape")
    browser.key("j")
    browser.key("Enter")
    has(browser, "button.danger:not([value])", "no page of a process")
    browser.until("document.querySelector('h2').textContent.includes('store')",
                  "another process")
    browser.until("document.querySelector('dl.facts') !== null", "no facts")
    facts = text(browser, "main")
    for word in ("receive", "mailbox", "Linked to", "Where it is"):
        assert word in facts, "%s is not in %s" % (word, facts)
    number = browser.run("location.hash").split("/")[-1]
    browser.screenshot(pictures + "/process.png")
    browser.key("x")
    browser.until("document.querySelector('#ask').open", "no question")
    browser.click("#ask button[value=no]")
    browser.until("!document.querySelector('#ask').open", "it asks on")
    browser.click("main button.danger")
    browser.until("document.querySelector('#ask').open", "no question")
    browser.click("#ask button[value=yes]")
    browser.until("document.querySelector('p[role=status]:not(#state)')"
                  ".textContent.includes('ended')", "it is not killed")
    # Its supervisor has made another one.
    browser.key("2")
    browser.until("[...document.querySelectorAll('tbody tr')].some(r =>"
                  "r.children[1].textContent === 'store' &&"
                  "r.children[0].textContent !== %r)" % number,
                  "it was not started again")


def draws(browser):
    browser.click("nav a[data-view=tree]")
    has(browser, "svg.tree a rect", "no boxes")
    browser.until("document.querySelectorAll('svg.tree path.linked').length"
                  ">= 3", "no links in the picture")
    names = browser.run("[...document.querySelectorAll('svg.tree text')]"
                        ".map(t => t.textContent.trim())")
    for name in ("the first", "store", "right"):
        assert name in names, names
    browser.screenshot(pictures + "/tree.png")
    browser.run("document.querySelector('svg.tree a').focus()")
    browser.key("Enter")
    browser.until("location.hash.startsWith('#/process/')",
                  "a box does not open")


def lists(browser):
    browser.key("4")
    browser.until("document.querySelectorAll('tbody tr').length === 2",
                  "not two environments")
    assert browser.run("document.querySelectorAll('.meter').length > 0")
    browser.key("5")
    browser.until("document.querySelector('main').textContent"
                  ".includes('no node')", "nothing about nodes")
    browser.key("6")
    browser.until("[...document.querySelectorAll('tbody tr')].some(r =>"
                  "r.textContent.includes('unreachable'))", "no deaths")
    browser.click("tbody tr td:nth-child(6)")
    browser.until("document.querySelector('pre:not([hidden])')?.textContent"
                  ".includes('observe.wasm')", "no trace of a death")
    browser.key("?")
    browser.until("document.querySelector('#keys').open", "no keys")
    browser.click("#keys button")


def back(browser):
    return browser.run("getComputedStyle(document.body).backgroundColor")


def themes(browser):
    browser.key("1")
    light = back(browser)
    browser.screenshot(pictures + "/light.png")
    browser.scheme("dark")
    dark = back(browser)
    assert light != dark, "the system's dark is not followed"
    browser.screenshot(pictures + "/dark.png")
    browser.click("#theme")
    assert back(browser) == light, "a click does not change it"
    browser.key("t")
    assert back(browser) == dark, "a key does not change it"


def narrow(browser):
    browser.size(360, 740, True)
    for view in ("overview", "processes", "tree", "environments", "nodes",
                 "deaths"):
        browser.run("location.hash = '#/%s'" % view)
        browser.until("document.querySelector('nav a[aria-current]')"
                      ".dataset.view === %r" % view, view)
        browser.until("document.querySelector('main').textContent !== ''",
                      view)
        width = browser.run("document.documentElement.scrollWidth")
        assert width <= 360, "%s is %d wide" % (view, width)
        browser.screenshot("%s/phone-%s.png" % (pictures, view))


def main():
    browser = Browser(folder)
    try:
        for test in (loads, sorts, filters, opens, draws, lists, themes,
                     narrow):
            try:
                test(browser)
            except (AssertionError, RuntimeError) as error:
                browser.screenshot(pictures + "/failed.png")
                print("FAILED: %s: %s" % (test.__name__, error))
                sys.exit(1)
        outside = [r for r in browser.requests
                   if not r.startswith((url + "/", "data:"))
                   and r != "about:blank"]
        if outside:
            print("FAILED: requests to others: %s" % outside)
            sys.exit(1)
        if browser.errors:
            print("FAILED: errors in the page: %s" % browser.errors)
            sys.exit(1)
    finally:
        browser.close()


main()
