import type { NameList } from './list.ts';

const GIVEN = `
Maria Ana Juliana Fernanda Camila Larissa Beatriz Letícia Amanda Bruna Gabriela Rafaela Isabela Carolina
Mariana Patrícia Aline Vanessa Débora Luana Natália Priscila Tatiane Bianca Vitória Helena João Pedro
Lucas Gabriel Mateus Rafael Gustavo Felipe Bruno Leonardo Thiago Rodrigo Diego Vinícius Caio Eduardo
Henrique Guilherme André Marcelo Fábio Ricardo Leandro Renato Otávio Murilo Danilo Igor Tiago Davi Luiz
Antônio Miguel Enzo
`;

const FAMILY = `
Silva, Santos, Oliveira, Souza, Rodrigues, Ferreira, Alves, Pereira, Lima, Gomes, Costa, Ribeiro,
Martins, Carvalho, Almeida, Lopes, Soares, Fernandes, Vieira, Barbosa, Rocha, Dias, Nascimento, Andrade,
Moreira, Nunes, Marques, Machado, Mendes, Freitas, Cardoso, Ramos, Gonçalves, Santana, Teixeira, Araújo,
Pinto, Correia, Cavalcanti, Moura, Batista, Campos, Monteiro, Duarte, Borges, Castro, Azevedo, Melo,
Barros, Reis, Farias, Cunha, Peixoto, Guimarães, Siqueira, Fonseca, Figueiredo, Amaral, Coelho, Tavares
`;

export const BR: NameList = { given: GIVEN.trim().split(/\s+/), family: FAMILY.trim().split(/,\s+/) };
