import type { NameList } from './list.ts';

const GIVEN = `
Haruka Yui Sakura Aoi Hina Rin Mei Yuna Miyu Akari Ayaka Misaki Nanami Mai Kana Yuki Emi Keiko Naoko
Tomoko Asuka Chihiro Kaori Mayumi Rina Saki Haruto Yuto Sota Hayato Riku Ren Takumi Kaito Daiki Shota
Kenta Tsubasa Ryota Takashi Hiroshi Kenji Makoto Satoshi Daisuke Naoki Kazuya Tatsuya Yusuke Shingo
Akira Jun Koji Masato Ryo Shun Taro Tetsuya Yoshi
`;

const FAMILY = `
Sato, Suzuki, Takahashi, Tanaka, Watanabe, Ito, Yamamoto, Nakamura, Kobayashi, Kato, Yoshida, Yamada,
Sasaki, Yamaguchi, Matsumoto, Inoue, Kimura, Hayashi, Shimizu, Yamazaki, Mori, Abe, Ikeda, Hashimoto,
Ishikawa, Yamashita, Ogawa, Ishii, Hasegawa, Okada, Goto, Kondo, Maeda, Fujita, Endo, Aoki, Sakamoto,
Murakami, Ota, Fukuda, Nishimura, Fujii, Okamoto, Nakano, Harada, Matsuda, Takeuchi, Nakagawa, Ono,
Tamura, Fujiwara, Nakayama, Ishida, Kojima, Wada, Morita, Uchida, Shibata, Sakai, Hara
`;

export const JP: NameList = { given: GIVEN.trim().split(/\s+/), family: FAMILY.trim().split(/,\s+/) };
