import type { NameList } from './list.ts';

const GIVEN = `
Zuzanna Julia Maja Zofia Hanna Lena Alicja Maria Oliwia Natalia Aleksandra Wiktoria Karolina Magdalena
Katarzyna Agnieszka Joanna Monika Ewa Małgorzata Kinga Paulina Dominika Weronika Patrycja Justyna Antoni
Jakub Jan Szymon Franciszek Filip Aleksander Mikołaj Wojciech Kacper Adam Michał Marcel Stanisław Piotr
Krzysztof Tomasz Paweł Marcin Łukasz Grzegorz Rafał Bartosz Kamil Mateusz Dawid Damian Sławomir
Przemysław Radosław Hubert Igor Oskar Tymon
`;

const FAMILY = `
Nowak, Wójcik, Kowalczyk, Woźniak, Mazur, Krawczyk, Kaczmarek, Zając, Król, Wróbel, Wieczorek, Stępień,
Dudek, Pawlak, Sikora, Baran, Michalak, Szewczyk, Pietrzak, Marciniak, Bąk, Duda, Włodarczyk, Wilk,
Kubiak, Kaźmierczak, Cieślak, Kołodziej, Kozioł, Urban, Czech, Kurek, Gajda, Klimek, Banaś, Janik, Małek,
Kania, Mucha, Sobczak, Tomczak, Szulc, Musiał, Markiewicz, Walczak, Adamczyk, Stachowiak, Leśniak,
Domagała, Piątek, Sowa, Gołąb, Matysiak, Bednarz, Olszak, Kmiecik, Górka, Żak, Cichoń, Rataj
`;

export const PL: NameList = { given: GIVEN.trim().split(/\s+/), family: FAMILY.trim().split(/,\s+/) };
