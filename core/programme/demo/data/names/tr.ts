import type { NameList } from './list.ts';

const GIVEN = `
Zeynep Elif Ayşe Fatma Defne Azra Nehir Ecrin Melis Selin Deniz Ebru Gamze Esra Merve Büşra Kübra Derya
Pınar Sevgi Özlem Gül Ceren İrem Naz Aslı Yusuf Mustafa Ahmet Mehmet Ömer Emir Kerem Mert Can Burak Emre
Murat Hakan Serkan Volkan Onur Oğuz Barış Cem Tolga Umut Yiğit Kaan Arda Berk Eren Furkan Gökhan Halil
İbrahim Kemal Levent Tarık Uğur
`;

const FAMILY = `
Yılmaz, Kaya, Demir, Çelik, Şahin, Yıldız, Yıldırım, Öztürk, Aydın, Özdemir, Arslan, Doğan, Kılıç, Aslan,
Çetin, Kara, Koç, Kurt, Özkan, Şimşek, Polat, Korkmaz, Çakır, Erdoğan, Yavuz, Can, Acar, Şen, Aktaş,
Güler, Yalçın, Güneş, Bozkurt, Bulut, Keskin, Ünal, Turan, Gül, Özer, Işık, Kaplan, Avcı, Sarı, Tekin,
Taş, Köse, Yüksel, Ateş, Aksoy, Tunç, Uçar, Karaca, Erdem, Toprak, Duman, Coşkun, Sönmez, Uysal, Ergin,
Altun
`;

export const TR: NameList = { given: GIVEN.trim().split(/\s+/), family: FAMILY.trim().split(/,\s+/) };
