// SPDX-License-Identifier: Apache-2.0
//
// The reader that every input goes through: each accessor, and each error with its place and wording.

#include <array>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <h2h/base/section.hpp>

#include "unit/error_text.hpp"

namespace h2h {
namespace {

using test::error_of;
using testing::ElementsAre;

Section parse(std::string_view yaml) {
  return Section::parse(yaml, "f.yaml");
}

/// The error of one accessor on one document.
template <typename Act>
std::string error_in(std::string_view yaml, const Act& act) {
  return error_of([&] { act(parse(yaml)); });
}

TEST(SectionText, GivesTheScalarAsItStands) {
  const Section section = parse("plain: some words\nquoted: '1 GB'\nnumber: 010\nempty: ''\n");
  EXPECT_EQ(section.text("plain"), "some words");
  EXPECT_EQ(section.text("quoted"), "1 GB");
  EXPECT_EQ(section.text("number"), "010");
  EXPECT_EQ(section.text("empty"), "");
  EXPECT_EQ(section.text("plain", "other"), "some words");
  EXPECT_EQ(section.text("absent", "other"), "other");
}

TEST(SectionText, Errors) {
  const auto text = [](const Section& section) { section.text("key"); };
  EXPECT_EQ(error_in("other: 1\n", text), "input: f.yaml:1:1: the document lacks the key 'key'");
  EXPECT_EQ(error_in("a: 1\nkey: [1, 2]\n", text),
            "input: f.yaml:2:6: 'key' must be a single value, not a list");
  EXPECT_EQ(error_in("a: 1\nkey: {b: 1}\n", text),
            "input: f.yaml:2:6: 'key' must be a single value, not a mapping");
  EXPECT_EQ(error_in("other: 1\n", [](const Section& section) { section.text("ather"); }),
            "input: f.yaml:1:8: unknown key 'other'; did you mean 'ather'?")
      << "a misspelt key is the likely cause of a missing one";
}

TEST(SectionText, NullIsAbsence) {
  for (const char* yaml : {"key:\n", "key: ~\n", "key: null\n"}) {
    const Section section = parse(yaml);
    EXPECT_FALSE(section.has("key")) << yaml;
    EXPECT_EQ(section.text("key", "other"), "other") << yaml;
    EXPECT_EQ(error_of([&] { section.text("key"); }), "input: f.yaml:1:1: the document lacks the key 'key'")
        << yaml;
  }
  EXPECT_EQ(parse("key: 'null'\n").text("key"), "null");
}

TEST(SectionChoice, OneOfTheWords) {
  const std::array<std::string, 2> words = {"sequence", "last"};
  const auto choose = [&](const Section& section) { return section.choice("key", words, "sequence"); };
  EXPECT_EQ(choose(parse("key: last\n")), "last");
  EXPECT_EQ(choose(parse("a: 1\n")), "sequence");
  EXPECT_EQ(error_in("key: lost\n", choose),
            "input: f.yaml:1:6: 'key' cannot be 'lost'; did you mean 'last'?");
  EXPECT_EQ(error_in("key: banana\n", choose),
            "input: f.yaml:1:6: 'key' cannot be 'banana'; known: sequence and last");
}

TEST(SectionInteger, DecimalWholeNumbers) {
  const auto integer = [](const std::string& text) { return parse("key: " + text + "\n").integer("key"); };
  EXPECT_EQ(integer("0"), 0);
  EXPECT_EQ(integer("-3"), -3);
  EXPECT_EQ(integer("1e3"), 1000);
  EXPECT_EQ(integer("2.0"), 2);
  EXPECT_EQ(integer("'7'"), 7);
  EXPECT_EQ(integer("010"), 10) << "a leading zero does not make it octal";
  EXPECT_EQ(integer("9007199254740991"), 9007199254740991);
  EXPECT_EQ(parse("a: 1\n").integer("key", 5, {}), 5);
  EXPECT_EQ(parse("key: 6\n").integer("key", 5, {}), 6);
}

TEST(SectionInteger, Errors) {
  const auto integer = [](const Section& section) { section.integer("key"); };
  const auto refused = [&](const std::string& text) { return error_in("key: " + text + "\n", integer); };
  EXPECT_EQ(refused("1.5"), "input: f.yaml:1:6: 'key' must be a whole number, not '1.5'");
  for (const std::string text : {"x", "0x10", "0o17", "1_000", "1,000", "+5", "5 6", "nan", ".nan", "inf",
                                 ".inf", "-.inf", "1e999", "true"}) {
    EXPECT_EQ(refused(text), "input: f.yaml:1:6: 'key' must be a number, not '" + text + "'");
  }
  // 2^53 and 2^53 + 1 are the same double.
  for (const std::string text :
       {"9007199254740992", "9007199254740993", "99999999999999999999", "-9007199254740992"}) {
    EXPECT_EQ(refused(text), "input: f.yaml:1:6: 'key' is " + text + "; whole numbers must be below 2^53");
  }
  EXPECT_EQ(refused("[1]"), "input: f.yaml:1:6: 'key' must be a single value, not a list");
  EXPECT_EQ(error_in("a: 1\n", integer), "input: f.yaml:1:1: the document lacks the key 'key'");
}

TEST(SectionInteger, Ranges) {
  const auto ranged = [](std::string_view yaml, Range<std::int64_t> range) {
    return error_in(yaml, [&](const Section& section) { section.integer("key", range); });
  };
  EXPECT_EQ(ranged("key: 1\n", {1, 64}), "no error");
  EXPECT_EQ(ranged("key: 64\n", {1, 64}), "no error");
  EXPECT_EQ(ranged("key: 65\n", {1, 64}), "input: f.yaml:1:6: 'key' is 65; it must be from 1 to 64");
  EXPECT_EQ(ranged("key: 0\n", kPositive<std::int64_t>),
            "input: f.yaml:1:6: 'key' is 0; it must be greater than zero");
  EXPECT_EQ(ranged("key: -1\n", {0}), "input: f.yaml:1:6: 'key' is -1; it must be at least 0");
  EXPECT_EQ(error_in("key: 7\n",
                     [](const Section& section) {
                       section.integer("key", 1, {0, 6});
                     }),
            "input: f.yaml:1:6: 'key' is 7; it must be from 0 to 6");
}

TEST(SectionNumber, ValuesRangesAndErrors) {
  EXPECT_EQ(parse("key: 0.25\n").number("key"), 0.25);
  EXPECT_EQ(parse("key: -1e-3\n").number("key"), -1e-3);
  EXPECT_EQ(parse("a: 1\n").number("key", 0.5, {}), 0.5);
  const auto share = [](const Section& section) { section.number("key", 0.5, {0, 1}); };
  EXPECT_EQ(error_in("key: 0\n", share), "no error");
  EXPECT_EQ(error_in("key: 1\n", share), "no error");
  EXPECT_EQ(error_in("key: 1.01\n", share), "input: f.yaml:1:6: 'key' is 1.01; it must be from 0 to 1");
  EXPECT_EQ(error_in("key: nan\n", share), "input: f.yaml:1:6: 'key' must be a number, not 'nan'");
  EXPECT_EQ(error_in("key: .inf\n", share), "input: f.yaml:1:6: 'key' must be a number, not '.inf'");
  const auto positive = [](const Section& section) { section.number("key", kPositive<double>); };
  EXPECT_EQ(error_in("key: 1e-300\n", positive), "no error");
  EXPECT_EQ(error_in("key: 0\n", positive), "input: f.yaml:1:6: 'key' is 0; it must be greater than zero");
  EXPECT_EQ(error_in("key: -2\n", positive), "input: f.yaml:1:6: 'key' is -2; it must be greater than zero");
}

TEST(SectionFlag, YamlsWordsForTrueAndFalse) {
  for (const std::string word : {"true", "yes", "on"})
    EXPECT_TRUE(parse("key: " + word + "\n").flag("key", false));
  for (const std::string word : {"false", "no", "off"})
    EXPECT_FALSE(parse("key: " + word + "\n").flag("key", true));
  EXPECT_TRUE(parse("a: 1\n").flag("key", true));
  EXPECT_EQ(error_in("key: 1\n", [](const Section& section) { section.flag("key", false); }),
            "input: f.yaml:1:6: 'key' must be true or false, not '1'");
}

TEST(SectionQuantity, NeedsAUnit) {
  const auto size = [](const Section& section) { return section.quantity("key", Dimension::bytes); };
  EXPECT_EQ(size(parse("key: 1.5 GB\n")), 1.5e9);
  EXPECT_EQ(error_in("key: 1024\n", size),
            "input: f.yaml:1:6: 'key' is 1024 of what?; give a number with a unit: B, kB, MB, GB, KiB, MiB "
            "or GiB, such as 1GB");
  EXPECT_EQ(error_in("key: 1GBps\n", size),
            "input: f.yaml:1:6: 'key' cannot be '1GBps'; give a number with a unit: B, kB, MB, GB, KiB, MiB "
            "or GiB, such as 1GB");
  EXPECT_EQ(error_in("key: .inf\n", size),
            "input: f.yaml:1:6: 'key' cannot be '.inf'; give a number with a unit: B, kB, MB, GB, KiB, MiB "
            "or GiB, such as 1GB");
  EXPECT_EQ(error_in("key: -1GB\n", size), "input: f.yaml:1:6: 'key' is -1GB; it must be at least 0");
  EXPECT_EQ(
      error_in("key: 0B\n",
               [](const Section& section) { section.quantity("key", Dimension::bytes, kPositive<double>); }),
      "input: f.yaml:1:6: 'key' is 0B; it must be greater than zero");
  EXPECT_EQ(error_in("a: 1\n", size), "input: f.yaml:1:1: the document lacks the key 'key'");
}

TEST(SectionNested, PathsNameTheWayDown) {
  const Section root = parse("top:\n  inner:\n    size: x\n  list:\n    - {size: 1}\n    - {size: y}\n");
  EXPECT_TRUE(root.is_section("top"));
  EXPECT_FALSE(root.is_section("absent"));
  const Section top = root.section("top");
  EXPECT_FALSE(top.is_section("list"));
  EXPECT_EQ(top.where().to_string(), "f.yaml:2:3");
  EXPECT_EQ(error_of([&] { top.section("inner").integer("size"); }),
            "input: f.yaml:3:11: 'top.inner.size' must be a number, not 'x'");
  EXPECT_EQ(error_of([&] { top.section("inner").integer("width"); }),
            "input: f.yaml:3:5: 'top.inner' lacks the key 'width'");
  std::vector<Section> list;
  top.for_each("list", [&](const Section& element) { list.push_back(element); });
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[0].integer("size"), 1);
  EXPECT_EQ(error_of([&] { list[1].integer("size"); }),
            "input: f.yaml:6:14: 'top.list[1].size' must be a number, not 'y'");
}

TEST(SectionNested, Errors) {
  const auto section = [](const Section& root) { root.section("key"); };
  EXPECT_EQ(error_in("key: 1\n", section),
            "input: f.yaml:1:6: 'key' must be a mapping of keys to values, not a single value");
  EXPECT_EQ(error_in("key: [1]\n", section),
            "input: f.yaml:1:6: 'key' must be a mapping of keys to values, not a list");
  EXPECT_EQ(error_in("a: 1\n", section), "input: f.yaml:1:1: the document lacks the key 'key'");
  const auto elements = [](const Section& root) { root.for_each("key", [](const Section&) {}); };
  EXPECT_EQ(error_in("key: {a: 1}\n", elements), "input: f.yaml:1:6: 'key' must be a list, not a mapping");
  EXPECT_EQ(error_in("key: [{a: 1}, 2]\n", elements),
            "input: f.yaml:1:15: 'key[1]' must be a mapping of keys to values, not a single value");
}

TEST(SectionLists, OfScalars) {
  const Section section = parse("key: [a, 'b c', 3]\nempty: []\n");
  EXPECT_THAT(section.texts("key"), ElementsAre("a", "b c", "3"));
  EXPECT_TRUE(section.texts("empty").empty());
  const std::vector<Location> places = section.places("key");
  ASSERT_EQ(places.size(), 3U);
  EXPECT_EQ(places[1].to_string(), "f.yaml:1:10");
  const auto texts = [](const Section& root) { root.texts("key"); };
  EXPECT_EQ(error_in("key: a\n", texts), "input: f.yaml:1:6: 'key' must be a list, not a single value");
  EXPECT_EQ(error_in("key: [a, [b]]\n", texts),
            "input: f.yaml:1:10: 'key' must be a single value, not a list");
  EXPECT_EQ(error_in("key: [a, ~]\n", texts),
            "input: f.yaml:1:10: 'key' must be a single value, not nothing");
}

TEST(SectionLists, OfLists) {
  const Section section = parse("key: [[a, b], [c]]\n");
  EXPECT_THAT(section.text_lists("key"), ElementsAre(ElementsAre("a", "b"), ElementsAre("c")));
  const auto lists = [](const Section& root) { root.text_lists("key"); };
  EXPECT_EQ(error_in("key: [[a, b], c]\n", lists), "input: f.yaml:1:15: 'key' must be a list of lists");
  EXPECT_EQ(error_in("key: [[a, {b: 1}]]\n", lists),
            "input: f.yaml:1:11: 'key' must be a single value, not a mapping");
  EXPECT_EQ(error_in("key: 1\n", lists), "input: f.yaml:1:6: 'key' must be a list, not a single value");
}

TEST(SectionPair, OneNumberOrTwo) {
  const auto pair = [](const Section& root) { return root.pair("key", kPositive<std::int64_t>); };
  EXPECT_EQ(pair(parse("key: 3\n")), std::pair(INT64_C(3), INT64_C(3)));
  EXPECT_EQ(pair(parse("key: [3, 1]\n")), std::pair(INT64_C(3), INT64_C(1)));
  EXPECT_EQ(parse("a: 1\n").pair("key", 2, {}), std::pair(INT64_C(2), INT64_C(2)));
  EXPECT_EQ(error_in("key: [1, 2, 3]\n", pair),
            "input: f.yaml:1:6: 'key' must be one number or two, not 3; height first, then width");
  EXPECT_EQ(error_in("key: []\n", pair),
            "input: f.yaml:1:6: 'key' must be one number or two, not 0; height first, then width");
  EXPECT_EQ(error_in("key: [1, 0]\n", pair), "input: f.yaml:1:10: 'key' is 0; it must be greater than zero");
  EXPECT_EQ(error_in("key: [1, x]\n", pair), "input: f.yaml:1:10: 'key' must be a number, not 'x'");
  EXPECT_EQ(error_in("key: {a: 1}\n", pair),
            "input: f.yaml:1:6: 'key' must be a single value, not a mapping");
}

TEST(SectionFinish, RefusesWhatNobodyAskedFor) {
  const auto read = [](const Section& section) {
    section.text("name", "");
    section.integer("batch", 1, {});
    section.finish();
  };
  EXPECT_EQ(error_in("name: x\nbatch: 2\n", read), "no error");
  EXPECT_EQ(error_in("name: x\nbatsch: 2\n", read),
            "input: f.yaml:2:9: unknown key 'batsch'; did you mean 'batch'?");
  EXPECT_EQ(error_in("name: x\ncolour: 2\n", read),
            "input: f.yaml:2:9: unknown key 'colour'; known: batch and name");
  EXPECT_EQ(error_in("name: x\n<<: 2\n", read), "input: f.yaml:2:5: unknown key '<<'; known: batch and name");
  EXPECT_EQ(error_in("a: {size: 1, sice: 2}\n",
                     [](const Section& root) {
                       const Section inner = root.section("a");
                       inner.integer("size");
                       inner.finish();
                     }),
            "input: f.yaml:1:20: unknown key 'sice' in 'a'; did you mean 'size'?");
  EXPECT_EQ(error_in("a: 1\n", [](const Section& root) { root.finish(); }),
            "input: f.yaml:1:4: unknown key 'a'; it takes no options");
}

TEST(SectionFinish, AskingWhetherAKeyIsThereCounts) {
  EXPECT_EQ(error_in("a: 1\n",
                     [](const Section& root) {
                       EXPECT_TRUE(root.has("a"));
                       EXPECT_FALSE(root.has("b"));
                       root.finish();
                     }),
            "no error");
}

TEST(SectionKeys, AreInFileOrderAndAllKnown) {
  const Section section = parse("zebra: 1\napple: 2\nmango:\n");
  EXPECT_THAT(section.keys(), ElementsAre("zebra", "apple", "mango"));
  EXPECT_EQ(error_of([&] { section.finish(); }), "no error");
}

TEST(SectionWhere, PlacesOfValuesAndOfTheMapping) {
  const Section section = parse("# comment\nname: x\n  \nlong key: y\n");
  EXPECT_EQ(section.where().to_string(), "f.yaml:2:1");
  EXPECT_EQ(section.where("name").to_string(), "f.yaml:2:7");
  EXPECT_EQ(section.where("long key").to_string(), "f.yaml:4:11");
  EXPECT_EQ(section.where("absent").to_string(), "f.yaml:2:1");
  EXPECT_EQ(error_of([&] { section.fail("name", "is odd", "make it even"); }),
            "input: f.yaml:2:7: is odd; make it even");
  EXPECT_EQ(error_of([&] { section.fail("absent", "is missed"); }), "input: f.yaml:2:1: is missed");
}

TEST(SectionParse, WhatIsNoDocumentOfKeysAndValues) {
  const auto nothing = [](const Section&) {};
  EXPECT_EQ(error_in("", nothing), "input: f.yaml: is empty; give a YAML file");
  EXPECT_EQ(error_in("# only a comment\n", nothing), "input: f.yaml: is empty; give a YAML file");
  EXPECT_EQ(error_in("---\n...\n", nothing), "input: f.yaml: is empty; give a YAML file");
  EXPECT_EQ(error_in("- a\n- b\n", nothing),
            "input: f.yaml:1:1: the document must be a mapping of keys to values, not a list");
  EXPECT_EQ(error_in("words\n", nothing),
            "input: f.yaml:1:1: the document must be a mapping of keys to values, not a single value");
  EXPECT_EQ(error_in(std::string_view("a: 1\0b: 2\n", 10), nothing),
            "input: f.yaml: is not text: it holds a zero byte; give a YAML file");
  EXPECT_EQ(error_in("a: 1\n---\nb: 2\n", nothing),
            "input: f.yaml:3:1: a second document begins here; give one document a file");
  EXPECT_EQ(error_in("[a, b]: 1\n", nothing), "input: f.yaml:1:1: a key must be a single word");
  EXPECT_EQ(error_in("? {a: 1}\n: 1\n", nothing), "input: f.yaml:1:3: a key must be a single word");
}

TEST(SectionParse, OnlyUtf8) {
  EXPECT_EQ(error_of([] { Section::parse("name: x\nother: gr\xfc\xdf\n", "f.yaml"); }),
            "input: f.yaml:2:10: is not text in UTF-8; convert it, such as by iconv");
  EXPECT_EQ(Section::parse("name: gr\xc3\xbc\xc3\x9f\n", "f.yaml").text("name"), "gr\xc3\xbc\xc3\x9f");
}

TEST(SectionParse, BrokenYamlIsNamedWithItsPlace) {
  const auto nothing = [](const Section&) {};
  EXPECT_EQ(error_in("a: 1\nb: [1, 2\n", nothing),
            "input: f.yaml:3:1: not valid YAML: end of sequence flow not found");
  EXPECT_EQ(error_in("a: 1\n\tb: 2\n", nothing),
            "input: f.yaml:2:1: not valid YAML: illegal tab when looking for indentation");
  EXPECT_EQ(error_in("a: *nobody\n", nothing),
            "input: f.yaml:1:4: not valid YAML: the referenced anchor is not defined");
  EXPECT_EQ(error_in("a: b: c\n", nothing), "input: f.yaml:1:5: not valid YAML: illegal map value");
  EXPECT_EQ(error_in("a: [1]]\n", nothing), "input: f.yaml:1:7: not valid YAML: illegal flow end");
}

TEST(SectionParse, DuplicateKeysAreRefusedAtEveryDepth) {
  const auto nothing = [](const Section&) {};
  EXPECT_EQ(error_in("a: 1\nb: 2\na: 3\n", nothing), "input: f.yaml:3:1: key 'a' stands twice; keep one");
  EXPECT_EQ(error_in("a: {b: 1, b: 1}\n", [](const Section& root) { root.section("a"); }),
            "input: f.yaml:1:11: key 'b' stands twice; keep one");
}

TEST(SectionParse, NestedTooDeeply) {
  const auto nothing = [](const Section&) {};
  const std::string expected =
      "input: f.yaml: is nested too deeply; no input of h2h-sim needs more than a few levels";
  EXPECT_EQ(error_in("a: " + std::string(100000, '['), nothing), expected);
  std::string maps;
  for (int i = 0; i < 20000; ++i) maps += "{a: ";
  EXPECT_EQ(error_in(maps, nothing), expected);
}

TEST(SectionParse, AnchorsAndAliasesAreFollowed) {
  const Section root = parse("base: &b {size: 3}\nother: *b\nlist: [&x one, *x]\n");
  EXPECT_EQ(root.section("other").integer("size"), 3);
  EXPECT_THAT(root.texts("list"), ElementsAre("one", "one"));
}

TEST(SectionParse, AliasesThatMultiplyAreNoTrouble) {
  // Each level names the one before nine times; written out it would be 9^12 nodes.
  std::string yaml = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i <= 12; ++i)
    yaml += fmt::format("a{0}: &a{0} [*a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}]\n", i,
                        i - 1);
  const Section root = parse(yaml);
  EXPECT_EQ(root.text_lists("a1").size(), 9U);
  EXPECT_EQ(error_of([&] { root.text_lists("a12"); }),
            "input: f.yaml:11:6: 'a12' must be a single value, not a list")
      << "the place is where the anchor stands";
}

TEST(SectionOptions, AreOfKindUsageAndNameTheirOwner) {
  using Options = std::vector<std::pair<std::string, std::string>>;
  const auto options = [](const Options& list) { return Section::from_options(list, "mapper 'sa'"); };
  const Section good = options({{"evals", "100"}, {"scope", "adjacent"}});
  EXPECT_EQ(good.integer("evals", 1, {}), 100);
  EXPECT_EQ(good.text("scope"), "adjacent");
  EXPECT_EQ(good.integer("seed", 7, {}), 7);
  EXPECT_EQ(error_of([&] { good.finish(); }), "no error");
  EXPECT_EQ(error_of([&] {
              options({{"evals", "many"}}).integer("evals", 1, {});
            }),
            "usage: mapper 'sa': 'evals' must be a number, not 'many'");
  EXPECT_EQ(error_of([&] {
              options({{"evals", "0"}}).integer("evals", 1, {1});
            }),
            "usage: mapper 'sa': 'evals' is 0; it must be greater than zero");
  EXPECT_EQ(error_of([&] {
              options({{"a", "1"}, {"a", "2"}});
            }),
            "usage: mapper 'sa': key 'a' stands twice; keep one");
  EXPECT_EQ(error_of([&] {
              const Section section = options({{"evails", "1"}});
              section.integer("evals", 1, {});
              section.finish();
            }),
            "usage: mapper 'sa': unknown key 'evails'; did you mean 'evals'?");
  EXPECT_EQ(error_of([&] {
              options({{"x", "1"}}).finish();
            }),
            "usage: mapper 'sa': unknown key 'x'; it takes no options");
}

TEST(SectionValues, HavePaths) {
  const Section root = parse("b: 1\na: {x.y: {z: two}, list: [1, 2], none: }\n");
  EXPECT_THAT(root.value_paths(), ElementsAre("b", "a.x.y.z"));
}

TEST(SectionValues, AreReadAsTheyAreSet) {
  const Section root = parse("a: {x.y: {z: 1}}\nb: 2\n");
  EXPECT_TRUE(root.set_value("a.x.y.z", "3.5"));
  EXPECT_TRUE(root.set_value("b", "four"));
  EXPECT_EQ(root.section("a").section("x.y").number("z"), 3.5);
  EXPECT_EQ(root.text("b"), "four");
  EXPECT_FALSE(root.set_value("a.x.y", "5"));
  EXPECT_FALSE(root.set_value("a.x", "5"));
  EXPECT_FALSE(root.set_value("c", "5"));
}

TEST(SectionValues, KeepTheirPlaces) {
  EXPECT_EQ(error_in("a:\n  b: 1\n",
                     [](const Section& root) {
                       root.set_value("a.b", "many");
                       root.section("a").number("b");
                     }),
            "input: f.yaml:2:6: 'a.b' must be a number, not 'many'");
}

}  // namespace
}  // namespace h2h
