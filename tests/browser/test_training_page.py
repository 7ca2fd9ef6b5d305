"""The page of a training in a browser: the numbers it shows are those of the steps, and it follows the training."""

import json
import re
import threading

import numpy as np
import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

import graphnet as gn
from graphnet import modules as nn
from graphnet.batches import Contiguous
from graphnet.cli.watch import PageServer
from graphnet.training import LivePage

SYMBOLS = np.random.default_rng(1).integers(0, 7, 400)


class Diary(gn.Callback):
    """Keeps the norm of a node's gradient, the root mean square over time steps, and those of the parameters."""

    def __init__(self):
        self.nodes, self.parameters, self.losses = [], [], []

    def after_step(self, trainer):
        gradients = trainer.tape[trainer.model].saved.grad_outputs("forget_gate")
        self.nodes.append(float(np.linalg.norm(gradients)) / len(gradients) ** 0.5)
        self.parameters.append([float(np.linalg.norm(p.grad)) for p in trainer.model.parameters()])
        self.losses.append(trainer.loss)


def train(file, *, epochs=2, diary=None, **options):
    gn.manual_seed(1)
    net = gn.Recurrence(nn.char_rnn(7, 4, 1), final_states=True)
    criterion = nn.SequenceCriterion(nn.ClassNLLCriterion())
    optimizer = gn.optim.Adam(net.parameters(), 0.01)
    page = LivePage(file, every=1, **options)
    callbacks = [page] if diary is None else [diary, page]
    trainer = gn.Trainer(net, criterion, optimizer, clip_norm=0.1, carry=True, callbacks=callbacks, progress=False)
    trainer.fit(Contiguous(SYMBOLS, 4, 5), epochs, validation=Contiguous(SYMBOLS[:100], 2, 5))
    return trainer


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    file = tmp_path_factory.mktemp("training") / "training.html"
    diary = Diary()
    train(file, diary=diary)
    return file, diary


def text(browser, selector):
    return browser.find_element(By.CSS_SELECTOR, selector).text


def slide(browser, place):
    script = "const m = document.querySelector('#moment'); m.value = arguments[0]; m.dispatchEvent(new Event('input'))"
    browser.execute_script(script, place)


def box(browser, name):
    """Return the box of the diagram with a name."""
    boxes = browser.find_elements(By.CSS_SELECTOR, "#diagram g.node")
    return next(one for one in boxes if one.find_elements(By.TAG_NAME, "text")[0].text == name)


def shown(written):
    return float(written.replace(",", ""))


def test_the_slider_goes_over_the_moments_and_the_numbers_are_those_of_the_steps(opened, trained):
    file, diary = trained
    browser = opened(file)
    assert text(browser, "#state") == "finished"
    steps = len(diary.losses)
    assert text(browser, "#moment-name") == f"step {steps} · epoch 2 (latest)"
    box(browser, "forget_gate").click()
    colors = set()
    for place in (0, steps // 2, steps - 1):
        slide(browser, place)
        assert text(browser, "#moment-name").startswith(f"step {place + 1} ·")
        assert shown(text(browser, "#node-values [data-reading=gradient]")) == pytest.approx(
            diary.nodes[place], rel=1e-3
        )
        cells = browser.find_elements(By.CSS_SELECTOR, "#parameters [data-cell=gradient]")
        assert [shown(cell.text) for cell in cells] == pytest.approx(diary.parameters[place], rel=1e-3)
        shape = box(browser, "forget_gate").find_element(By.CSS_SELECTOR, "path, polygon, ellipse")
        colors.add(shape.get_attribute("style"))
    assert len(colors) > 1  # it changes with the training
    assert text(browser, "#node-name").endswith("/forget_gate")


def test_a_chart_tells_its_values_and_moves_the_slider(opened, trained):
    file, diary = trained
    browser = opened(file)
    chart = browser.find_element(By.CSS_SELECTOR, "[data-chart=loss] svg.chart")
    browser.execute_script("arguments[0].focus()", chart)
    chart.send_keys("\ue012")  # the left arrow: the last step
    assert text(browser, "[data-chart=loss] .readout b").startswith(f"step {len(diary.losses)} ·")
    value = text(browser, "[data-chart=loss] .readout output")
    assert shown(value) == pytest.approx(diary.losses[-1], rel=1e-3)
    chart.send_keys("\ue012\ue012\ue007")  # two to the left, and Enter
    assert text(browser, "#moment-name").startswith(f"step {len(diary.losses) - 2} ·")


def test_colours_are_chosen_and_survive_a_reload(opened, trained):
    browser = opened(trained[0])
    browser.find_element(By.XPATH, "//*[@id='readings']//span[contains(., 'ctivation')]").click()
    box(browser, "next_c").click()
    slide(browser, 3)
    browser.find_element(By.CSS_SELECTOR, "[data-chart=gradients] .legend button").click()
    browser.execute_script("window.scrollTo(0, 300)")
    browser.refresh()
    assert browser.find_element(By.CSS_SELECTOR, "#readings input:checked").get_attribute("value") == "activation"
    assert text(browser, "#node-name").endswith("/next_c")
    assert text(browser, "#moment-name").startswith("step 4 ·")
    assert browser.execute_script("return window.scrollY") == 300
    pressed = browser.find_element(By.CSS_SELECTOR, "[data-chart=gradients] .legend button").get_attribute(
        "aria-pressed"
    )
    assert pressed == "false"


@pytest.fixture(params=["as a file", "served"])
def address_of(request):
    """Return a function that gives the address of a page: that of its file, or of `graphnet watch`."""
    if request.param == "as a file":
        yield lambda file: file.as_uri()
        return
    servers = []

    def serve(file):
        servers.append(PageServer(file, 0))
        threading.Thread(target=servers[-1].serve_forever, args=(0.05,), daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}/"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def test_it_follows_the_training_without_being_loaded_anew(browser, tmp_path, address_of):
    file = tmp_path / "training.html"
    train(file, seconds=0)
    finished = file.read_text("utf-8")
    data = json.loads(re.search(r'id="data">(.*?)</script>', finished, re.DOTALL)[1])
    # The page as it was when the training was at its fifth moment.
    early = dict(data, state="running", moments=data["moments"][:5], seconds=0.2, step=5)
    held = json.dumps(early).replace("<", "\\u003c")
    file.write_text(re.sub(r'(id="data">).*?(</script>)', lambda m: m[1] + held + m[2], finished, flags=re.DOTALL))
    browser.get(address_of(file))
    assert text(browser, "#state") == "running"
    assert text(browser, "#moment-name").startswith("step 5 ·")
    box(browser, "next_c").click()
    browser.execute_script("window.stays = true")
    file.write_text(finished)
    WebDriverWait(browser, 15, 0.05).until(lambda _: text(browser, "#state") == "finished")
    assert text(browser, "#moment-name").startswith(f"step {len(data['moments'])} ·")
    assert browser.execute_script("return window.stays")
    assert text(browser, "#node-name").endswith("/next_c")
    assert not browser.find_elements(By.TAG_NAME, "iframe")


def test_a_training_of_which_nothing_is_heard_is_told(browser, tmp_path):
    file = tmp_path / "training.html"
    train(file)
    stale = re.sub(r'"written":[\d.]+', '"written":1000', file.read_text("utf-8"))
    file.write_text(stale.replace('"state":"finished"', '"state":"running"'))
    browser.get(file.as_uri())
    assert text(browser, "#state").startswith("no news since")


@pytest.mark.parametrize(("width", "height"), [(390, 844), (1280, 900), (2200, 1200)])
def test_nothing_is_wider_than_the_window(opened, trained, width, height):
    browser = opened(trained[0], width, height)
    box(browser, "forget_gate").click()
    wide = browser.execute_script("return document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide == 0


def trained_plainly(file, number):
    """Train a net of one node for one step, on inputs that are all this number."""
    net = nn.Linear(3, 1)
    optimizer = gn.optim.SGD(net.parameters(), 0.1)
    trainer = gn.Trainer(net, nn.MSECriterion(), optimizer, callbacks=[LivePage(file)], progress=False)
    trainer.fit([(np.full((2, 3), number), np.ones((2, 1)))], 1)


def test_a_training_that_fails_at_its_first_step_is_shown(opened, tmp_path):
    with pytest.raises(gn.DivergedError):
        trained_plainly(tmp_path / "training.html", np.nan)
    browser = opened(tmp_path / "training.html")  # which complains of charts that it cannot draw
    assert text(browser, "#state") == "failed"
    assert "the loss is not finite at step 1" in text(browser, "#alarms")
    assert text(browser, "[data-fact=speed] dd") == "–"


def test_few_steps_and_small_nets_are_not_stretched(opened, tmp_path):
    trained_plainly(tmp_path / "training.html", 1.0)
    browser = opened(tmp_path / "training.html", 1600, 900)
    ticks = browser.execute_script(
        "return [...document.querySelectorAll('[data-chart=loss] .notch + text')].map((tick) => tick.textContent)"
    )
    assert ticks == ["1"]
    assert browser.execute_script("return document.querySelector('#diagram svg').clientWidth") < 200


def test_more_lines_than_the_colour_blind_can_tell_apart_are_dashed(opened, trained):
    browser = opened(trained[0])
    dashed = browser.execute_script(
        "return [...document.querySelectorAll('[data-chart=gradients] svg.chart path.line')].map("
        "(line) => line.getAttribute('stroke-dasharray'))"
    )
    assert len(dashed) == 6
    assert dashed[:4] == [None] * 4
    assert all(dashed[4:])


def test_a_single_point_between_gaps_is_seen(opened, tmp_path):
    net = nn.Linear(3, 1)
    optimizer = gn.optim.SGD(net.parameters(), 0.1)
    page = LivePage(tmp_path / "training.html", every=1)
    trainer = gn.Trainer(net, nn.MSECriterion(), optimizer, callbacks=[page], progress=False)
    batches = [(np.full((2, 3), number), np.ones((2, 1))) for number in (1.0, np.nan)]
    with pytest.raises(gn.DivergedError):
        trainer.fit(batches, 1)
    browser = opened(tmp_path / "training.html")
    points = browser.find_elements(By.CSS_SELECTOR, "[data-chart=gradients] circle.point")
    assert len(points) == 2  # of the weight and of the bias, after the one good step
