"""What counts as a claim of local origin: a seller saying who or what they are, where saying it costs nothing.

'Produk lokal asli Solo, handmade, UMKM' is typed by makers and by resellers alike. What can be checked (a step, a tool,
a time, a material: 'canting', 'dicolet', 'pre-order 7 hari') is no claim and is not listed here; nor is what speaks
against the seller ('import Korea').

The patterns read lower-case text without accents, never cross a line, and repeat only a bounded number of times.
"""

from __future__ import annotations

import functools
import re

from umkm_classifier.listings.origins import FOREIGN_IN_PROSE, INDONESIAN_PLACES, any_of

_JOIN = r"(?:[^\w\n.,;:!?|]|_){1,3}"
_GLUE = r"(?:[^\w\n.,;:!?|]|_){0,2}"
_TIGHT = rf"(?:[.:'’]|{_GLUE})"  # 'hand.made', but not 'by hand. Made in …'
_LIKE = {"a": "[a4@]", "e": "[e3]", "i": "[i1]", "l": "[l1i|]", "o": "[o0]", "c": "[ck]", "k": "[ck]", "s": "[s5$]"}


def _spelt_out(word: str) -> str:
    """Return a pattern for a word typed letter by letter: 'l o k a l', 'l.0.k.@.l'."""
    return r"[ ._*\-]{1,2}".join(_LIKE.get(char, char) for char in word)


# The words themselves, with the spellings in use.
_FLAG = "(?<![\U0001f1e6-\U0001f1ff])(?:\U0001f1ee\U0001f1e9)+"
_PARTS = ("barat", "timur", "selatan", "utara", "tengah", "tenggara", "kota")
_PLACE = rf"{any_of(INDONESIAN_PLACES)}(?:{_JOIN}{any_of(_PARTS)})?"
_OF_A_PLACE = (
    rf"(?:(?:kota|kab|kabupaten|desa|kampung|daerah|wilayah|pulau|provinsi){_JOIN})?"
    # the names stand here once and not twice: a service waits for this pattern to compile
    rf"(?:{_PLACE}(?:[\s,/]{{1,2}}(?!indonesian))?){{1,3}}(?<![\s,/])"
)
_LOCAL = (
    rf"(?:[l1i|]{{1,4}}[o0]{{1,9}}[kc]{{1,9}}[a4@]{{0,9}}[l1]{{1,9}}(?:an|nya|ly|s)?|{_spelt_out('lokal')}|{_spelt_out('lokl')}"
    rf"|(?:dalam|dlm){_GLUE}neg[e]?ri|anak{_GLUE}(?:bangsa|neg[e]?ri)|put(?:e)?ra{_GLUE}(?:(?:dan{_JOIN})?put(?:e)?ri{_GLUE})?"
    rf"(?:bangsa|daerah)|pribumi)"
)
_SMALL_BUSINESS = (
    rf"(?:u[ ._\-]?m[ ._\-]?k[ ._\-]?m+|u\.?k\.?m|i\.?k\.?m"
    rf"|usaha{_JOIN}(?:mikro|kecil|menengah)(?:[\s,&]{{1,3}}(?:dan\s)?(?:kecil|menengah)){{0,2}}"
    rf"|(?:usaha|industri|produksi){_JOIN}(?:rumah(?:an|{_JOIN}tangga)|keluarga)"
    rf"|industri{_JOIN}(?:kecil|mikro)(?:[\s,&]{{1,3}}(?:dan\s)?menengah)?)"
)
_BY_HAND = (
    rf"(?:h[ae4@]n+d?y?{_TIGHT}m(?:[a4@]+i?d+[e3]*|[a4@]+e?d|[e3]+d|d+[e3]+)(?:nya|s)?|h[a4@]nd[iy]?{_TIGHT}craft(?:s|ed)?"
    rf"|{_spelt_out('handmade')}"
    rf"|(?:(?:di)?buat(?:an)?|(?:di)?bikin(?:an)?|(?:di)?kerja(?:kan|in)|hasil|karya|kerajinan|kreasi|made)"
    rf"(?:{_JOIN}(?:dengan|dgn|pake|pakai|menggunakan|oleh|secara|dari|by|with|asli|langsung|kerajinan|karya)){{0,3}}"
    rf"{_JOIN}(?:tangan|hands?)|hasta{_JOIN}karya)"
)
_AT_HOME = (
    rf"(?:h[o0]+m[e3]?{_TIGHT}m(?:[a4@]d[e3]+|aid|de|ed)"
    rf"|home{_GLUE}(?:ind[uo]stri(?:es|y|i)?|industry|production)|rumahan)"
)
_CRAFTSPEOPLE = rf"(?:pe(?:r|ng[e]?r)ajin(?:nya)?|kerajinan{_JOIN}(?:tangan|rakyat))"

# Who makes it: 'dibuat langsung oleh ibu-ibu desa', 'dijahit sendiri', 'diproduksi di Bandung'. How it is made
# ('dicolet', 'dibuat 7 hari', 'jahit tangan') and which person did ('dijahit istri saya') can be checked, and stay.
_CRAFT = (
    r"(?:jahit|jait|rajut|tenun|nenun|sulam|nyulam|bordir|ukir|anyam|batik|racik|olah|rancang|desain|design|celup|tanam"
    r"|panen|pahat|sablon|masak|panggang|goreng)"
)
_MAKE = r"(?:produksi|buat|bikin|kerja|garap)"
_MADE = rf"(?:(?:di|me[mn]?g?|nge?)?{_MAKE}(?:kan|an|in|nya)?|(?:di|me[mn]?g?){_CRAFT}(?:kan|i|nya)?)"
_CRAFTED = r"(?:jahit(?:an)?|jait(?:an)?|(?:rajut|tenun|sulam|bordir|ukir|anyam|batik|racik|olah|rancang|kreasi)an)"
_WE = r"(?:kami|kita|saya|sy|aku|gue|gw)"
_WE_MAKE = rf"(?:(?:yang|yg|semua|semuanya|asli){_JOIN}){{0,2}}(?:{_WE}{_JOIN}(?:(?:yang|yg){_JOIN})?)?"
# 'bisa dijahit sendiri' is said of the buyer; so with 'dapat', 'mudah', 'tinggal', 'untuk', 'ingin' and 'anda'.
_NO_BUYER = r"(?<!bisa |apat |udah |ggal |ntuk |ngin |anda )"
_HOW = (
    r"(?:langsung|lgsg|sendiri|asli|murni|khusus|semua|semuanya|secara|dengan|penuh|cinta|sepenuh|hati|bangga|mandiri"
    r"|manual|tradisional|turun|temurun|ini|nya)"
)
# 'oleh pengrajin' says who made it, 'oleh ibu-ibu' only after a word for making: it may be they who wear it.
_SKILLED = (
    rf"(?:artisans?|crafts(?:man|men|people|women)|tangan{_GLUE}(?:tangan{_JOIN})?(?:terampil|ahli|kreatif|{_LOCAL})"
    rf"|(?:tenaga|pekerja|orang|karyawan|produsen){_JOIN}(?:{_LOCAL}|desa|kampung|indonesia))"
)
_ARTISANS = rf"(?:{_CRAFTSPEOPLE}|{_SMALL_BUSINESS}|{_LOCAL}|{_SKILLED})"
_FOLK = (
    rf"(?:{_ARTISANS}|ibu{_GLUE}ibu|ibu2|emak{_GLUE}emak|ibu{_JOIN}(?:rumah{_JOIN}tangga|pkk)|irt|pkk|bapak{_GLUE}bapak"
    rf"|warga|masyarakat|penduduk|penenun|pembatik|penjahit|pemahat|pengukir|penganyam|seniman|petani|nelayan|peternak"
    rf"|santri|(?:tenaga|pekerja|orang|karyawan){_JOIN}(?:ahli|kami)|komunitas|koperasi"
    rf"|kelompok{_JOIN}(?:tani|wanita|usaha|{_CRAFTSPEOPLE})|keluarga(?:{_JOIN}(?:{_WE}|sendiri))?)"
)
_FOLK_OF = (
    rf"(?:{_JOIN}(?:(?:(?:di|dari|asal|from|in|of){_JOIN})?{_OF_A_PLACE}|rumah{_JOIN}tangga|desa|kampung|setempat|sekitar"
    rf"|daerah|asli|terampil|berpengalaman|binaan|kami|kita|tani|wanita|perempuan|kreatif|{_LOCAL})){{0,3}}"
)
_OUR_PLACE = (
    rf"(?:rumah|dapur|workshop|pabrik|konveksi|studio|bengkel|sanggar|desa|kampung|kota|negeri|daerah|tempat)"
    rf"(?:{_JOIN}(?:produksi|jahit))?{_JOIN}(?:kami|kita|saya|sendiri)"
)
_BY_THE = rf"(?:oleh|by){_JOIN}(?:(?:para|tim|team|tangan|the|our){_JOIN}){{0,2}}"
_BY = rf"(?<!oleh[ \-]){_BY_THE}"
_BY_WHOM = rf"{_BY}(?:{_FOLK}{_FOLK_OF}|{_WE}(?:{_JOIN}sendiri)?)"
_SOMEWHERE_HERE = rf"(?:di|dari|in|from){_JOIN}(?:{_OF_A_PLACE}|{_OUR_PLACE}|{_FLAG})"
_THEIR_WORK = r"(?:usaha|karya|buatan|bikinan|kreasi|olahan|masakan|kerajinan|pemberdayaan)"
_OWN = (
    rf"{_NO_BUYER}(?:{_WE_MAKE}(?:(?:produk|karya|hasil|olahan|kreasi){_JOIN}){{0,2}}(?:{_MADE}|{_CRAFTED})"
    rf"|{_WE}{_JOIN}{_CRAFT})(?:{_JOIN}(?:{_HOW}|{_WE}|oleh|yang)){{0,3}}{_JOIN}sendiri(?:{_JOIN}{_BY_WHOM})?"
    rf"|(?:(?:produk|karya|hasil|brand|merk|merek|konveksi|pabrik|workshop|kreasi|usaha|olahan){_JOIN}){{1,3}}"
    rf"(?:(?:kami|kita|saya|langsung|asli|oleh|murni|yang){_JOIN}){{0,2}}sendiri"
    rf"|(?:(?:produk|hasil){_JOIN}){{0,2}}(?:buatan|bikinan|karya|kreasi){_JOIN}(?:tangan{_JOIN})?{_WE}(?:{_JOIN}sendiri)?"
    rf"|self{_GLUE}(?:made|manufactured|produced)|own{_JOIN}(?:production|brand|factory)"
)
_HINT_OWN = rf"sendiri|self|own|(?:buatan|bikinan|karya|kreasi){_JOIN}(?:tangan{_JOIN})?{_WE}"
_MAKERS = (
    rf"{_WE_MAKE}(?:(?:produk|karya|hasil){_JOIN}){{0,2}}{_MADE}(?:{_JOIN}{_HOW}){{0,4}}{_JOIN}"
    rf"(?:{_BY_WHOM}|(?:di{_JOIN})?{_SOMEWHERE_HERE})(?:{_JOIN}{_SOMEWHERE_HERE})?"
    rf"|{_BY}{_ARTISANS}{_FOLK_OF}"
    rf"|(?:(?:{_THEIR_WORK}|hasil|produk){_JOIN}){{0,2}}{_THEIR_WORK}{_JOIN}"
    rf"(?:(?:langsung|dari|para|tangan|hasil){_JOIN}){{0,3}}(?:{_FOLK}{_FOLK_OF}|(?<=buatan )ibu(?:{_JOIN}desa)?)"
    rf"|(?:(?:hasil|produk|produksi|langsung|dari|para){_JOIN}){{1,4}}(?:{_CRAFTSPEOPLE}|{_SMALL_BUSINESS}|{_SKILLED}){_FOLK_OF}"
    rf"|{_CRAFTSPEOPLE}{_FOLK_OF}"
    rf"|{_WE}{_JOIN}(?:(?:adalah|merupakan|sebagai|ini|selaku|dari){_JOIN})?(?:{_CRAFTSPEOPLE}|{_SMALL_BUSINESS}|produsen"
    rf"|memproduksi|membuat|konveksi){_FOLK_OF}"
)
# Craftspeople, small businesses and 'lokal' are hinted at in rows of their own.
_HINT_MAKERS = (
    rf"{_BY_THE}(?:{_FOLK}|{_WE})|{_SOMEWHERE_HERE}|{_SKILLED}|{_WE}{_JOIN}"
    rf"|{_THEIR_WORK}{_JOIN}(?:(?:langsung|dari|para|tangan|hasil){_JOIN}){{0,3}}(?:{_FOLK}|ibu)"
)

# Words that belong to a claim when they stand before or after one, and are nothing by themselves.
_WHOLLY = rf"(?:100\s?%|(?:100|seratus)\s?persen){_GLUE}(?:asli{_JOIN})?"
_PRODUCT = rf"(?:produk(?:{_GLUE}produk)?|products?|produksi|buatan|bikinan|karya|hasil|brand|merk|merek|barang|kreasi)"
_SELLER = r"(?:penjual|(?<!best[ \-])(?<!top[ \-])seller)"
_BEFORE_LOCAL = rf"(?:(?:{_PRODUCT}|asli|khas|{_SELLER}|usaha|pengusaha){_JOIN}){{0,4}}"
_BEFORE_MAKER = rf"(?:(?:{_PRODUCT}|pelaku|binaan){_JOIN}){{0,2}}"
# 'dikirim dari Solo' says where it is sent from, which can be checked, and stays; 'negara asal' is a declaration.
_NOT_SENT = r"(?<!ship )(?<!ships )(?<!shipped )(?<!sent )"
_FROM = (
    rf"(?:(?<!negara )(?:{_PRODUCT}|asal)|asli|khas|(?<!kirim )(?<!iriman )(?:dari|dr)|berasal|original|ori"
    rf"|(?<!single )origin|kerajinan|{_CRAFTSPEOPLE}|{_SMALL_BUSINESS})"
)
_FROM_A_PLACE = rf"(?:{_FROM}{_JOIN}){{1,4}}{_OF_A_PLACE}(?:{_JOIN}asli)?|khas{_JOIN}kuningan"
_GENUINE_WORDS = ("asli", "sejati", "tulen", "punya")
_GENUINE = any_of(_GENUINE_WORDS)
# 'kulit asli' is frequent, 'Solo asli' is not: the last two letters before the blank tell most of them apart.
_PLACE_ENDS = "|".join(sorted({name[-2:] for name in INDONESIAN_PLACES + _PARTS}))
_HINT_GENUINE = "|".join(rf"{word}(?<=(?:{_PLACE_ENDS})[\s\-]{word})" for word in _GENUINE_WORDS)
_CAMPAIGN = r"(?:bangga|cinta(?:i|ilah)?|mencintai|dukung(?:lah)?|mendukung|support|belanja|beli)"
_AFTER_LOCAL = (
    rf"(?:{_JOIN}(?:{_FROM_A_PLACE}|{_GENUINE}|brands?|products?|pride|indonesia|indo|artisans?|made|crafts?|makers?|crafted|produced"
    rf"|manufactured|grown|sourced|handmade)){{0,2}}"
)
_NOT_FOREIGN = (
    rf"(?:bukan|non|anti){_JOIN}(?:(?:barang|produk|buatan|dari|made{_JOIN}in){_JOIN}){{0,2}}"
    rf"(?:[ie]mpor(?:t|an|tan|ted)?|(?:luar{_GLUE}neg[e]?ri)|{any_of(FOREIGN_IN_PROSE)})(?:{_JOIN}{any_of(FOREIGN_IN_PROSE)})?"
)

REACH = 160  # no claim is longer

# Each row: what it is, its pattern, and a hint: a cheaper pattern that is found wherever the row's pattern is.
CLAIMS: tuple[tuple[str, str, str], ...] = (
    (
        "campaign: 'bangga buatan Indonesia', 'cintai produk dalam negeri', 'dukung UMKM', 'local pride'",
        rf"(?:gerakan{_JOIN}|gernas{_JOIN}|proud(?:ly)?{_JOIN}(?:of{_JOIN})?)?{_CAMPAIGN}"
        rf"(?:{_JOIN}(?:dengan|akan|pada|pakai|memakai|menggunakan))?(?:{_JOIN}{_PRODUCT}){{0,3}}"
        rf"{_JOIN}(?:{_LOCAL}{_AFTER_LOCAL}|{_SMALL_BUSINESS}|{_CRAFTSPEOPLE}|{_PLACE})(?:{_JOIN}(?:asli|indonesia))?"
        rf"|gernas{_JOIN}bbi|indo(?:nesia|nesian)?{_GLUE}pride|kearifan{_JOIN}lokal",
        rf"{_CAMPAIGN}{_JOIN}|gernas|indo(?:nesia|nesian)?{_GLUE}pride|kearifan",
    ),
    ("'100% Indonesia'", rf"{_WHOLLY}(?:indonesia|nusantara)", r"100\s?%|(?:100|seratus)\s?persen"),
    (
        "made in Indonesia: 'proudly made in Indonesia', 'Indonesian product', 'from Bali'",
        rf"(?:proudly{_JOIN})?(?:(?:(?:hand{_GLUE})?(?:made|crafted)|produced|manufactured|designed|grown|{_NOT_SENT}from){_GLUE}"
        rf"|(?:products?|brand){_JOIN}(?:in|of|from|by){_JOIN})(?:(?:in|of|from|by){_JOIN}){{0,2}}"
        rf"(?:{_OF_A_PLACE}|{_LOCAL}{_AFTER_LOCAL}|(?<=[ny] )(?:id|idn)|{_FLAG})"
        rf"|indonesian?{_JOIN}(?:made|products?|brand|crafts?|artisans?)",
        rf"(?:made|produced|manufactured|crafted|designed|grown|from|indonesian?"
        rf"|(?:products?|brand){_JOIN}(?:in|of|from|by))",
    ),
    (
        "heritage: 'warisan leluhur', 'warisan budaya Nusantara', 'budaya bangsa'",
        rf"warisan(?:{_JOIN}(?:budaya|leluhur|luhur|bangsa|dunia|asli|nenek{_JOIN}moyang|{_PLACE})){{1,4}}"
        rf"|budaya{_JOIN}(?:bangsa|indonesia|nusantara)",
        r"warisan|budaya",
    ),
    ("own production: 'produksi sendiri', 'kami jahit sendiri', 'self-made'", _OWN, _HINT_OWN),
    (
        "local: 'produk lokal', 'brand lokal asli', 'dalam negeri', 'karya anak bangsa', 'lokal' alone",
        rf"{_BEFORE_LOCAL}{_LOCAL}{_AFTER_LOCAL}",
        _LOCAL,
    ),
    (
        "who makes it and where: 'dibuat di Solo', 'oleh kami', 'karya warga desa', 'pengrajin lokal di Bali'",
        _MAKERS,
        _HINT_MAKERS,
    ),
    ("against others: 'bukan barang impor'", _NOT_FOREIGN, _NOT_FOREIGN),
    (
        "a place: 'asli Solo', 'Solo asli', 'khas Pekalongan', 'buatan Indonesia', 'dari Jepara', 'pengrajin Bali'",
        rf"{_FROM_A_PLACE}|{_OF_A_PLACE}[\s\-]{_GENUINE}(?!{_JOIN}{_PLACE}(?![^\W_]))",
        rf"{_FROM}{_JOIN}{_OF_A_PLACE}|khas{_JOIN}kuningan|{_HINT_GENUINE}",
    ),
    (
        "who makes it, and how humbly: 'UMKM', 'handmade', 'buatan tangan', 'rumahan', 'home industry', 'pengrajin'",
        rf"{_BEFORE_MAKER}(?:{_BY_HAND}|{_SMALL_BUSINESS}(?:{_JOIN}(?:binaan|mitra|kami|asli)){{0,2}}|{_AT_HOME}"
        rf"|{_CRAFTSPEOPLE})",
        rf"{_BY_HAND}|{_SMALL_BUSINESS}|{_AT_HOME}|{_CRAFTSPEOPLE}",
    ),
)

# Run together: '#banggabuatanindonesia', 'lokalindonesia', 'aslisolo'; and inside other words: 'rajuthandmade'.
_LOUD = r"(?:lokal|local|umkm|indonesian?|nusantara|anakbangsa|dalamnegeri|pengrajin|perajin)"
_QUIET = (
    r"(?:produk|products?|brand|karya|buatan|beli|belanja|dukung|bangga|support|cintai?|asli|khas|made|in|by|dari|pakai"
    r"|oleh|pride|kerajinan|produksi|sendiri|proudly)"
)
_TAIL = rf"(?:{_LOUD}|produk|products?|brand|pride|asli|made|karya|kerajinan|sendiri|punya)"
_RUN_TOGETHER = (
    rf"(?:{_QUIET}{{1,4}}{_LOUD}{_TAIL}{{0,3}}|{_LOUD}{_TAIL}{{1,3}}"
    rf"|(?:asli|khas|buatan|produksi|madein|karya|pengrajin){any_of(INDONESIAN_PLACES, '')}(?![^\W_])"
    r"|indo(?:pride|brand|product|produk)|(?:buatan|kerajinan|karya)tangan"
    r"|(?:buatan|produksi|karya|bikin|produk)sendiri|homeindustry)"
)
# A hashtag says one thing, and goes whole.
_IN_HASHTAG = (
    r"(?:lokal|local|umkm|indonesia|nusantara|pengrajin|perajin|anakbangsa|dalamnegeri|h[a4@]ndm[a4@]d[e3]|handcraft"
    r"|homemade|rumahan|buatan|sendiri|bangga|bukan(?:barang|produk)?[ie]mpor)"
)
_HASHTAG = rf"(?<=#)[^\W_]*?{_IN_HASHTAG}\w*"
_INSIDE = rf"(?:h[a4@]ndm[a4@]d[e3]+|handcrafted|homemade|umkm|{_FLAG})"

# Every single word above, for text in which claims are nested too deep to be taken apart one by one.
_WORDS = (
    rf"{_LOCAL}|{_SMALL_BUSINESS}|{_BY_HAND}|{_AT_HOME}|{_CRAFTSPEOPLE}|{_PLACE}|{_PRODUCT}|{_MADE}|{_FOLK}|asli|khas|dari|dr|berasal"
    r"|asal|original|ori|origin|kerajinan|penjual|seller|usaha|pengusaha|pelaku|binaan|sendiri|tangan|hands?|made|from|by|in|of|di"
    r"|warisan|budaya|leluhur|luhur|bangsa|dunia|bangga|cinta\w{0,4}|dukung|support|belanja|beli|anak|negeri|dalam|kami|kita|saya"
    r"|langsung|oleh|murni|yang|para|punya|sejati|tulen|desa|bukan"
)


@functools.cache
def claim_pattern() -> re.Pattern[str]:
    """Return the pattern that finds claims in a line (compiled once, when first needed)."""
    rows = "|".join(pattern for _, pattern, _ in CLAIMS)
    return re.compile(rf"(?<![^\W_])(?:{_HASHTAG}|(?:{_WHOLLY})?(?:{rows})(?![^\W_])|{_RUN_TOGETHER})|{_INSIDE}")


@functools.cache
def hint_pattern() -> re.Pattern[str]:
    """Return the pattern that is found in or next to every claim, at a tenth of the cost.

    It reads a line with a blank in front. A class of characters comes first, so that the search skips quickly to where
    a word may start.
    """
    hints = "|".join(hint for _, _, hint in CLAIMS)
    inside = "(?<=h)(?:[a4@]nd(?:m[a4@]d[e3]|crafted)|omemade)|(?<=u)mkm|(?<=\U0001f1ee)\U0001f1e9"
    return re.compile(rf"[\W_hu](?:(?<=[\W_])(?:{hints}|{_RUN_TOGETHER}|{_HASHTAG})|{inside})")


@functools.cache
def word_pattern() -> re.Pattern[str]:
    """Return the pattern that finds every word of a claim, claimed or not."""
    return re.compile(rf"(?<![^\W_])(?:(?:{_WORDS})(?![^\W_])|{_RUN_TOGETHER})|{_INSIDE}")
