"""Words for places: where a seller may say that a thing comes from.

Lower case, without accents. What is done with them stands in ``mask``.
"""

from __future__ import annotations

import re


def _names(*lines: str) -> tuple[str, ...]:
    return tuple(name.strip() for line in lines for name in line.split(","))


# Places as a seller names them in a claim ('asli Solo', 'khas Minang'): cities, districts, islands, peoples, villages
# of makers. 'batu' (stone), 'batang' (stem), 'pati' (starch), 'kuningan' (brass), 'diy' (do it yourself) and 'bone' are
# places too, and more often something else.
INDONESIAN_PLACES = _names(
    "indonesia, indonesian, indo, nusantara, tanah air, negeri sendiri, negara sendiri, ibu pertiwi, jawa, java",
    "sumatera, sumatra, kalimantan, borneo, sulawesi, celebes, papua, irian, maluku, bali, lombok, madura, flores",
    "sumba, sumbawa, timor, nias, bangka, belitung, bangka belitung, seram, ambon, buton, muna, alor, rote, ntt",
    "ntb, nusa tenggara, jabar, jateng, jatim, sumbar, sumut, sumsel, sulsel, sulut, kalbar, kalsel, kalteng",
    "kaltim, aceh, banten, riau, kepulauan riau, jambi, bengkulu, lampung, gorontalo, ternate, tidore",
    "halmahera, mentawai, jakarta, dki jakarta, betawi, bandung, bogor, bekasi, depok, tangerang, tangsel",
    "sukabumi, cianjur, cimahi, garut, tasik, tasikmalaya, ciamis, pangandaran, banjar, majalengka",
    "sumedang, cirebon, indramayu, subang, karawang, purwakarta, serang, cilegon, lebak, pandeglang, baduy, badui",
    "priangan, sunda, pasundan, solo, surakarta, laweyan, kauman, sukoharjo, karanganyar, wonogiri, sragen",
    "klaten, boyolali, bayat, pedan, cawas, jogja, jogjakarta, jogyakarta, yogya, yogyakarta, jogya, djogja",
    "sleman, bantul, gunung kidul, gunungkidul, kulon progo, kulonprogo, giriloyo, imogiri, kasongan, kotagede",
    "malioboro, manding, magelang, muntilan, temanggung, wonosobo, dieng, purworejo, kebumen, cilacap, banyumas",
    "purwokerto, purbalingga, banjarnegara, semarang, ungaran, salatiga, demak, kudus, jepara, troso, pekalongan",
    "pemalang, tegal, brebes, kendal, rembang, lasem, blora, cepu, grobogan, surabaya, sidoarjo, gresik",
    "lamongan, tuban, bojonegoro, ngawi, madiun, magetan, ponorogo, pacitan, trenggalek, tulungagung, blitar",
    "kediri, nganjuk, jombang, mojokerto, malang, pasuruan, probolinggo, lumajang, jember, bondowoso, situbondo",
    "banyuwangi, osing, bangkalan, sampang, pamekasan, sumenep, tanjung bumi, trusmi, paoman, tengger",
    "denpasar, badung, gianyar, ubud, tabanan, klungkung, karangasem, buleleng, singaraja, jembrana, sukawati",
    "celuk, mataram, sasak, sade, sukarara, bima, dompu, kupang, ende, sikka, maumere, manggarai, ngada, bajawa",
    "atambua, labuan bajo, medan, deli, langkat, binjai, karo, samosir, toba, tapanuli, sibolga, mandailing",
    "simalungun, sidikalang, batak, melayu, padang, bukittinggi, payakumbuh, pariaman, solok, silungkang",
    "pandai sikek, agam, pasaman, minang, minangkabau, pekanbaru, siak, bengkalis, dumai, kampar, batam, bintan",
    "tanjung pinang, natuna, lingga, palembang, ogan, prabumulih, lahat, pagar alam, musi, pangkal pinang",
    "pangkalpinang, kerinci, pontianak, singkawang, sambas, sintang, sanggau, ketapang, kapuas, banjarmasin",
    "martapura, palangkaraya, palangka raya, dayak, samarinda, balikpapan, bontang, kutai, tenggarong, berau",
    "tarakan, makassar, bugis, mandar, toraja, gowa, maros, wajo, sengkang, soppeng, bulukumba, palopo",
    "luwu, parepare, pare pare, enrekang, kendari, bau bau, baubau, wakatobi, palu, donggala, poso, manado",
    "minahasa, tomohon, bitung, sangihe, tual, jayapura, wamena, merauke, asmat, sentani, sorong, manokwari",
    "daerah istimewa yogyakarta, aceh besar",
    "raja ampat, biak, gayo, takengon, gayo lues, sabang, lhokseumawe, pidie, langsa, meulaboh, kintamani, bajo",
)

# Where goods are made or sent from abroad, as it is written in prose. Names that are also the name of a cut, a veil or
# a size in Indonesian shops ('paris', 'shanghai', 'uk') are left out.
FOREIGN_IN_PROSE = _names(
    "china, chinese, cina, chine, tiongkok, tionghoa, rrc, rrt, prc, mainland, guangzhou, guangdong, shenzhen",
    "yiwu, zhejiang, hong kong, hongkong, taiwan, korea, korean, korsel, seoul, jepang, japan, japanese, tokyo",
    "thailand, thai, bangkok, vietnam, kamboja, cambodia, laos, myanmar, malaysia, singapura, singapore, filipina",
    "philippines, india, indian, pakistan, pakistani, bangladesh, sri lanka, nepal, turki, turkey, turkish",
    "turkiye, istanbul, arab saudi, saudi, saudi arabia, arab, madinah, mekkah, makkah, mekah, dubai, uea, uae",
    "mesir, egypt, maroko, iran, persia, yaman, yordania, usa, amerika, america, american, amrik, kanada, canada",
    "eropa, europe, european, inggris, england, british, jerman, germany, german, prancis, perancis, france",
    "french, italia, italy, italian, spanyol, spain, portugal, belanda, netherlands, swiss, switzerland, swedia",
    "sweden, polandia, poland, rusia, russia, australia, selandia baru, new zealand, brasil, brazil, meksiko",
    "mexico",
)

# Further values that a field for a place may hold; in prose most of them would be something else.
FOREIGN_IN_FIELDS = _names(
    "luar negeri, luarnegeri, luar negri, luar indonesia, overseas, abroad, foreign, internasional, international",
    "global, impor, import, lintas negara, cross border, worldwide, cn, hk, tw, kr, jp, us, uk, u.s.a, u.s",
    "shanghai, beijing, fujian, hangzhou, ningbo, jiangsu, quanzhou, dongguan, foshan, jinhua, hebei, henan",
    "hubei, hunan, shandong, sichuan, xiamen, macau, makau, brunei, brunei darussalam, timor leste, east timor",
    "papua nugini, afghanistan, arab, uni emirat arab, united arab emirates, qatar, kuwait, oman, bahrain, irak",
    "iraq, israel, palestina, suriah, syria, lebanon, jordan, yemen, kazakhstan, uzbekistan, mongolia, maladewa",
    "maldives, bhutan, amerika serikat, united states, united kingdom, britania raya, great britain, uni eropa",
    "irlandia, ireland, skotlandia, scotland, belgia, belgium, austria, denmark, norwegia, norway, finlandia",
    "finland, islandia, ceko, czech republic, czechia, slovakia, slovenia, hungaria, hungary, rumania, romania",
    "bulgaria, yunani, greece, serbia, kroasia, croatia, ukraina, ukraine, belarus, estonia, latvia, lithuania",
    "luksemburg, malta, siprus, cyprus, afrika selatan, south africa, afrika, africa, nigeria, kenya, ethiopia",
    "ghana, tanzania, tunisia, aljazair, algeria, madagaskar, argentina, chili, chile, peru, kolombia, colombia",
    "ekuador, ecuador, kuba, cuba, korea selatan, south korea, korea utara, republik rakyat tiongkok",
    "republik rakyat china, republic of korea, viet nam, lainnya",
)


def any_of(names: tuple[str, ...], between: str = r"[\s\-]{1,2}") -> str:
    """Return a pattern that matches one of the names, the longest first, however their words are joined.

    Names are grouped by their first letter: a search tries tens of branches at a word, not hundreds.
    """
    groups: dict[str, list[str]] = {}
    for name in sorted(set(names), key=lambda name: (-len(name), name)):
        groups.setdefault(name[0], []).append(between.join(map(re.escape, name.split()))[1:])
    return "(?:" + "|".join(f"{letter}(?:{'|'.join(rests)})" for letter, rests in sorted(groups.items())) + ")"
