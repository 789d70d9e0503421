"""The hub's client does not tell its retries, and talks again afterwards."""

from __future__ import annotations

import logging

import pytest

from umkm_classifier.listings.hub import quiet_hub

RETRIES = "huggingface_hub.utils._http"


def test_a_retry_is_not_told_and_an_error_is(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger(RETRIES)
    with quiet_hub():
        logger.warning("Retrying in 1s [Retry 1/5].")
        logger.error("broken")
    assert caplog.messages == ["broken"]


def test_what_was_set_before_holds_again_also_after_an_error(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger(RETRIES)
    before = logger.level
    with pytest.raises(ConnectionError), quiet_hub():
        raise ConnectionError
    assert logger.level == before
    logger.warning("Retrying in 1s [Retry 1/5].")
    assert caplog.messages == ["Retrying in 1s [Retry 1/5]."]
