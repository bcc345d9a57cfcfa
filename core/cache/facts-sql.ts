/** Cases opened beyond those that are kept, and closed ones: so many of the last fetched stay. */
export const LATELY_FETCHED = 200;

/** Evidence `f` that the item `i` as it is now was seen with. */
export const IS_FRESH = '(f.stamp = i.stamp OR f.good_for = i.stamp)';
