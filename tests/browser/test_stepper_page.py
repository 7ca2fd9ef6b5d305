"""The stepper in a browser: what it shows at every stop, forwards and backwards, is what the tape holds."""

import re

import numpy as np
import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select

import graphnet as gn
from graphnet import modules as nn
from graphnet.nesting import leaves
from graphnet.pages import stepper
from graphnet.pages.page import page

RNG = np.random.default_rng(0)
LSTM_INPUT = [RNG.normal(size=(4, 3)), RNG.normal(size=(4, 2)), RNG.normal(size=(4, 2))]

# By label, the numbers of all heat maps: those that a reader of the page finds at every cell.
SHOWN = """
const found = {};
for (const figure of arguments[0].querySelectorAll(".gn-panel .gn-tensor")) {
  const cells = [...figure.querySelectorAll(".gn-cells i")];
  found[figure.querySelector("b").textContent] = cells.map((cell) => cell.getAttribute("aria-label").split(": ")[1]);
}
return found;
"""
NAMES = {"−": "-", "∞": "inf"}


def part(root, name):
    return root.find_element(By.CSS_SELECTOR, f".gn-{name}")


def stepper_of(page_open, i=0):
    return page_open.find_elements(By.CSS_SELECTOR, ".gn-stepper")[i]


def shown(browser, root):
    """Return the numbers that are shown, by what they are."""

    def number(text):
        for name, plain in NAMES.items():
            text = text.replace(name, plain)
        return float(text)

    return {label: np.array([number(t) for t in texts]) for label, texts in browser.execute_script(SHOWN, root).items()}


def agree(numbers, what, value):
    """Tell whether the heat maps of something show its arrays."""
    arrays = list(leaves(value))
    found = [v for label, v in numbers.items() if label == what or label.startswith(f"{what} [")]
    return len(found) == len(arrays) and all(
        np.allclose(a, b.ravel(), rtol=1e-5) for a, b in zip(found, arrays, strict=True)
    )


def lit(root):
    """Return the name of the node that is lit on the diagram."""
    (group,) = root.find_elements(By.CSS_SELECTOR, ".gn-diagram .node.gn-here")
    return group.find_element(By.TAG_NAME, "text").get_attribute("textContent")


def title(root):
    return root.find_element(By.CSS_SELECTOR, ".gn-panel h3").text


@pytest.fixture
def lstm(tmp_path, opened):
    net = nn.lstm(3, 2)
    net.forward(LSTM_INPUT)
    browser = opened(stepper(net, LSTM_INPUT).save(tmp_path / "lstm.html"))
    return net, browser, stepper_of(browser)


def test_every_stop_there_and_back_shows_what_the_tape_holds(lstm):
    net, browser, root = lstm
    tape = net.run(LSTM_INPUT)
    tape.backward([np.ones((4, 2)), np.ones((4, 2))])
    calls = [*tape.plan.executed, *reversed(tape.plan.executed)]
    for i, call in enumerate(calls):
        entry, numbers = tape[call.node], shown(browser, root)
        assert part(root, "where").text == f"stop {i + 1} of {len(calls)}"
        assert title(root).startswith(call.node.label().removesuffix("()"))
        assert lit(root) == (call.node.name or call.action().removesuffix("()"))
        assert agree(numbers, "input", entry.input)
        assert agree(numbers, "output", entry.output)
        if i >= len(calls) // 2:
            assert "backward" in title(root)
            assert agree(numbers, "grad_output", entry.grad_output)
            assert agree(numbers, "grad_input", entry.grad_input)
            for name, parameter in call.module.own_parameters().items():
                assert agree(numbers, f"gradient of {name}", parameter.grad)
                assert agree(numbers, name, parameter.value)
        if i < len(calls) - 1:
            part(root, "next").click()
    assert not part(root, "next").is_enabled()


def test_keys_slider_choice_and_clicks_go_to_stops(lstm):
    _, browser, root = lstm
    root.click()
    browser.execute_script("arguments[0].focus()", root)
    active = browser.switch_to.active_element
    active.send_keys(Keys.END)
    assert part(root, "where").text == "stop 36 of 36"
    active.send_keys(Keys.HOME, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, Keys.ARROW_LEFT)
    assert part(root, "where").text == "stop 2 of 36"
    part(root, "all").send_keys(Keys.PAGE_UP)  # on the slider
    assert part(root, "where").text != "stop 2 of 36"
    Select(part(root, "jump")).select_by_visible_text("forget_gate")
    assert title(root).startswith("forget_gate")
    assert "forward" in title(root)
    part(root, "backward").click()
    assert title(root).startswith("forget_gate")
    assert "backward" in title(root)
    nodes = root.find_elements(By.CSS_SELECTOR, ".gn-diagram .node")
    next(n for n in nodes if "out_gate" in n.text).click()
    assert title(root).startswith("out_gate")
    assert "backward" in title(root)


def test_a_number_is_read_where_one_points(lstm):
    _, browser, root = lstm
    cell = root.find_elements(By.CSS_SELECTOR, ".gn-cells i")[4]
    cell.click()
    read = part(root, "read").text.replace("−", "-")
    assert read.startswith("input [1, 1] = ")
    assert float(read.split("= ")[1]) == pytest.approx(LSTM_INPUT[0][1, 1], rel=1e-5)
    cells = root.find_elements(By.CSS_SELECTOR, ".gn-cells i")
    browser.execute_script("arguments[0].focus()", cells[0])
    browser.switch_to.active_element.send_keys(Keys.ARROW_DOWN)
    assert part(root, "read").text.startswith("input [1, 0] = ")


def test_searches_find_the_next_stop(tmp_path, opened):
    x = nn.Identity()()
    root_of = nn.Power(0.5)(nn.MulConstant(100.0)(x))
    gn.annotate_nodes()
    net = gn.gModule([x], [nn.Tanh()(root_of)])
    root = stepper_of(opened(stepper(net, np.array([[4.0, -1.0]])).save(tmp_path / "page.html")))
    root.find_element(By.CSS_SELECTOR, "summary").click()
    bound = part(root, "bound")
    bound.clear()
    bound.send_keys("50")
    part(root, "find").click()
    assert title(root).startswith("MulConstant")
    part(root, "nan").click()
    assert title(root).startswith("root_of")
    assert root.find_elements(By.CSS_SELECTOR, ".gn-nan:not(button)")
    bound.clear()
    bound.send_keys("1e9")
    Select(part(root, "of")).select_by_value("gradient")
    part(root, "find").click()
    assert "backward" in title(root)  # a NaN is larger than anything


def test_time_steps_have_a_slider_of_their_own(tmp_path, opened):
    net, x = gn.Recurrence(nn.lstm(3, 2)), RNG.normal(size=(5, 1, 3))
    browser = opened(stepper(net, x).save(tmp_path / "page.html"))
    root = stepper_of(browser)
    Select(part(root, "jump")).select_by_visible_text("forget_gate")
    tape = net.run(x)
    tape.backward(np.ones((5, 1, 2)))
    record = tape[net].saved
    slider = part(root, "t")
    for t in (1, 2, 3, 4):
        slider.send_keys(Keys.ARROW_RIGHT)
        assert part(root, "t-name").text == f"t = {t}"
        assert title(root).startswith("forget_gate")
        assert agree(shown(browser, root), "output", record[t]["forget_gate"].output)
    part(root, "backward").click()
    assert part(root, "t-name").text == "t = 4"
    assert agree(shown(browser, root), "grad_output", record[4]["forget_gate"].grad_output)
    slider.send_keys(Keys.HOME)
    assert agree(shown(browser, root), "grad_output", record[0]["forget_gate"].grad_output)


def test_two_blocks_in_one_page_do_not_disturb_each_other(tmp_path, opened):
    blocks = [stepper(nn.lstm(3, 2), LSTM_INPUT).html, stepper(nn.Tanh(), np.ones((1, 2))).html]
    file = tmp_path / "page.html"
    file.write_text(page("two", "".join([*blocks, blocks[0]])))
    browser = opened(file)
    first, second, third = (stepper_of(browser, i) for i in range(3))
    for _ in range(3):
        part(first, "next").click()
    part(second, "last").click()
    assert [part(root, "where").text for root in (first, second, third)] == [
        "stop 4 of 36",
        "stop 2 of 2",
        "stop 1 of 36",
    ]


def test_a_notebook_may_put_the_block_in_later_as_jupyter_does(tmp_path, opened):
    file = tmp_path / "notebook.html"
    file.write_text("<!doctype html><title>notebook</title><body></body>")
    browser = opened(file)
    insert = """
    for (const html of arguments) {
      const cell = document.createElement("div");
      cell.innerHTML = html;
      for (const script of cell.querySelectorAll("script")) {
        const made = document.createElement("script");
        for (const { name, value } of script.attributes) made.setAttribute(name, value);
        made.textContent = script.textContent;
        script.replaceWith(made);
      }
      document.body.append(cell);
    }
    """
    browser.execute_script(insert, stepper(nn.lstm(3, 2), LSTM_INPUT).html, stepper(nn.Tanh(), np.ones((1, 2))).html)
    first, second = stepper_of(browser, 0), stepper_of(browser, 1)
    part(first, "next").click()
    assert [part(root, "where").text for root in (first, second)] == ["stop 2 of 36", "stop 1 of 2"]
    part(second, "theme").click()
    assert first.get_attribute("data-theme") != second.get_attribute("data-theme")
    names = [
        name
        for name in ("GN", "GNStepper", "GNTensor", "followTheme")
        if browser.execute_script(f"return '{name}' in window")
    ]
    assert names == []


def test_a_notebook_that_is_not_trusted_shows_a_sentence_in_place_of_loose_words(tmp_path, opened):
    shown = stepper(nn.lstm(3, 2), LSTM_INPUT)._repr_html_()
    # As Jupyter does, which drops attributes without a value, too.
    dropped = re.sub(r"<(script|style|svg)\b.*?</\1>| hidden(?=[ >])", "", shown, flags=re.DOTALL)
    for name, block in (("trusted", shown), ("not trusted", dropped)):
        (tmp_path / "block.html").write_text(page(name, block))
        body = opened(tmp_path / "block.html").find_element(By.TAG_NAME, "body").text
        assert ("Run this cell" in body) == (name == "not trusted")
        for words in ("Play", "Search", "It takes"):
            assert (words in body) == (name == "trusted"), words


def test_without_scripts_the_first_frame_shows(tmp_path, opened, browser):
    file = stepper(nn.lstm(3, 2), LSTM_INPUT).save(tmp_path / "page.html")
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        root = stepper_of(opened(file))
        assert lit(root) == "x"
        assert "Here stands the first of 36 stops" in root.text
        assert len(root.find_elements(By.CSS_SELECTOR, ".gn-cells i")) == 24
        assert not part(root, "next").is_displayed()
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_window(tmp_path, opened, browser, width):
    x = nn.Identity()().annotate("W" * 300)
    net = gn.gModule([x], [nn.Sequential(gn.Recurrence(nn.lstm(3, 30)), nn.Bottle(nn.Linear(30, 40)))(x)])
    file = stepper(net, RNG.normal(size=(3, 4, 3))).save(tmp_path / "page.html")
    override = {"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", override)
    try:
        root = stepper_of(opened(file))
        part(root, "last").click()
        assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_nodes_that_are_yet_to_run_can_be_read(lstm):
    _, _, root = lstm
    nodes = root.find_elements(By.CSS_SELECTOR, ".gn-diagram .node")
    texts = root.find_elements(By.CSS_SELECTOR, ".gn-diagram .node:not(.gn-here) text")
    assert len(texts) > 20
    assert {node.value_of_css_property("opacity") for node in nodes} == {"1"}
    assert min(float(text.value_of_css_property("opacity")) for text in texts) >= 0.75


def test_light_and_dark_change_by_the_button(lstm):
    _, browser, root = lstm
    before = root.value_of_css_property("background-color")
    browser.find_element(By.ID, "theme").click()
    assert root.value_of_css_property("background-color") != before
    assert root.get_attribute("data-theme") == browser.find_element(By.TAG_NAME, "html").get_attribute("data-theme")


def test_a_net_of_two_thousand_stops_stays_fluid(tmp_path, opened):
    net = gn.Recurrence(nn.lstm(3, 2))
    browser = opened(stepper(net, np.ones((56, 1, 3)), most=5000).save(tmp_path / "page.html"))
    root = stepper_of(browser)
    milliseconds = browser.execute_script(
        "const next = arguments[0].querySelector('.gn-next'), start = performance.now();"
        "for (let i = 0; i < 200; i += 1) next.click();"
        "return performance.now() - start;",
        root,
    )
    assert part(root, "where").text.startswith("stop 201 of 2")
    assert milliseconds / 200 < 50
