"""Which language an answer is in, and whether it is that of the question."""

from __future__ import annotations

import pytest

from tests.stream.asking import of
from windvane.stream.features.form.language import Language
from windvane.stream.features.form.language_differs import LanguageDiffers

SPOKEN = {
    "en": "The ferry leaves at seven, and it will be back in the evening.",
    "de": "Die Fähre fährt um sieben ab und ist am Abend wieder zurück.",
    "fr": "Le bateau part à sept heures et il revient dans la soirée.",
    "es": "El barco sale a las siete y vuelve por la noche con todos.",
    "pt": "O barco sai às sete horas e não volta antes da noite.",
    "it": "Il battello parte alle sette e torna la sera con gli altri.",
    "nl": "De boot vertrekt om zeven uur en is in de avond weer terug.",
    "sv": "Båten går klockan sju och den är tillbaka på kvällen, men inte i dag.",
    "da": "Båden sejler klokken syv, og hvad så? Den er også tilbage efter mørkets frembrud.",
    "fi": "Lautta lähtee kello seitsemän ja se on takaisin illalla, mutta ei tänään.",
    "pl": "Prom odpływa o siódmej i nie wraca przed wieczorem, ale jest tani.",
    "cs": "Trajekt odjíždí v sedm a vrátí se až večer, protože je daleko.",
    "hu": "A komp hétkor indul, és este már vissza is ér, ha nem esik az eső.",
    "ro": "Feribotul pleacă la ora șapte și nu se întoarce decât seara, pentru că este departe.",
    "tr": "Vapur saat yedide kalkar ve akşam geri döner, ama bugün değil.",
    "id": "Kapal itu berangkat pada pukul tujuh dan akan kembali untuk makan malam.",
    "vi": "Con tàu này đi lúc bảy giờ và không về trước buổi tối của ngày hôm đó.",
    "ru": "Паром уходит в семь часов и не вернётся до вечера, но это не так далеко.",
    "uk": "Пором відходить о сьомій і не повернеться до вечора, але це не так далеко.",
    "ar": "تغادر العبارة في الساعة السابعة ولا تعود إلى الميناء إلا بعد الغروب.",
    "fa": "کشتی در ساعت هفت می‌رود و تا شب برنمی‌گردد که این خوب است.",
    "hi": "नाव सात बजे जाती है और शाम को वापस आती है।",
    "he": "המעבורת יוצאת בשבע וחוזרת בערב.",
    "el": "Το πλοίο φεύγει στις επτά και γυρίζει το βράδυ.",
    "zh": "渡轮七点出发，晚上回来。",
    "ja": "フェリーは七時に出て、夜に戻ります。",
    "ko": "배는 일곱 시에 떠나 저녁에 돌아옵니다.",
    "th": "เรือออกเวลาเจ็ดโมงและกลับมาตอนเย็น",
}


@pytest.mark.parametrize("language", SPOKEN)
def test_a_sentence_tells_its_language(language: str) -> None:
    assert of(Language(), [SPOKEN[language]]) == [language]


def test_what_is_too_short_or_of_no_language_is_left_open() -> None:
    assert of(Language(), ["OK", "42", "Berlin", "x = f(y)", "", None]) == [None] * 6


def test_an_answer_in_another_language_than_the_question_differs() -> None:
    asked = SPOKEN["de"]
    assert of(LanguageDiffers(), [SPOKEN["de"], SPOKEN["en"], SPOKEN["ja"], "OK"], prompt=asked) == [0, 1, 1, None]
    assert of(LanguageDiffers(), [SPOKEN["de"]], prompt="Berlin?") == [None]


def test_the_question_is_the_last_message_of_the_user() -> None:
    messages = [{"role": "user", "content": SPOKEN["en"]}, {"role": "assistant", "content": SPOKEN["en"]}]
    messages.append({"role": "user", "content": SPOKEN["fr"]})
    assert of(LanguageDiffers(), [SPOKEN["fr"], SPOKEN["en"]], prompt=messages) == [0, 1]
