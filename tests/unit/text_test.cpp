// SPDX-License-Identifier: Apache-2.0

#include <gtest/gtest.h>

#include <h2h/base/error.hpp>
#include <h2h/base/text.hpp>

namespace h2h {
namespace {

using Names = std::vector<std::string>;

TEST(Nearest, OneEditOfEachKindIsFound) {
  const Names types = {"conv", "fc", "lstm", "matmul", "attention"};
  EXPECT_EQ(nearest("lst", types), "lstm") << "a letter left out";
  EXPECT_EQ(nearest("convv", types), "conv") << "a letter too many";
  EXPECT_EQ(nearest("matmol", types), "matmul") << "a wrong letter";
  EXPECT_EQ(nearest("cnov", types), "conv") << "two letters swapped are one edit";
  EXPECT_EQ(nearest("CONV", types), "conv") << "case counts nothing";
}

TEST(Nearest, AllowsAThirdOfTheLengthInEdits) {
  const Names types = {"attention"};
  EXPECT_EQ(nearest("atention", types), "attention");
  EXPECT_EQ(nearest("attentxyz", types), "attention") << "three of nine letters";
  EXPECT_EQ(nearest("attenwxyz", types), std::nullopt) << "four of nine letters";
  EXPECT_EQ(nearest("ab", Names{"ac"}), "ac") << "one edit is always allowed";
  EXPECT_EQ(nearest("ab", Names{"cd"}), std::nullopt);
}

TEST(Nearest, NothingInCommonIsNotNear) {
  EXPECT_EQ(nearest("a", Names{"b"}), std::nullopt);
  EXPECT_EQ(nearest("", Names{"b"}), std::nullopt);
  EXPECT_EQ(nearest("a", Names{}), std::nullopt);
}

TEST(Nearest, TheFirstOfEquallyNearOnes) {
  EXPECT_EQ(nearest("fpga3", Names{"fpga1", "fpga2"}), "fpga1");
  EXPECT_EQ(nearest("fpga3", Names{"fpga1", "fpgb3", "fpga3x"}), "fpga1");
}

TEST(Nearest, VeryLongNamesAreNotCompared) {
  const std::string long_name(201, 'a');
  EXPECT_EQ(nearest(long_name, Names{long_name}), std::nullopt);
  EXPECT_EQ(nearest("aaa", Names{long_name, "aab"}), "aab");
  EXPECT_EQ(nearest(std::string(200, 'a'), Names{std::string(199, 'a')}), std::string(199, 'a'));
}

TEST(Suggest, ProposesOrLists) {
  EXPECT_EQ(suggest("con", Names{"conv", "fc"}), "did you mean 'conv'?");
  EXPECT_EQ(suggest("banana", Names{"conv", "fc"}), "known: conv and fc");
  EXPECT_EQ(suggest("banana", Names{"conv", "fc", "lstm"}), "known: conv, fc and lstm");
  EXPECT_EQ(suggest("banana", Names{}), "there is none");
}

TEST(Enumerate, JoinsAndShortens) {
  EXPECT_EQ(enumerate(Names{}), "");
  EXPECT_EQ(enumerate(Names{"a"}), "a");
  EXPECT_EQ(enumerate(Names{"a", "b"}), "a or b");
  EXPECT_EQ(enumerate(Names{"a", "b", "c"}, "and"), "a, b and c");
  EXPECT_EQ(enumerate(Names{"a", "b", "c"}, "and", 2), "a, b and 1 more");
  EXPECT_EQ(enumerate(Names(30, "x")),
            "x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x and 6 more");
}

TEST(Error, TextIsPlaceMessageHint) {
  const Error full(ErrorKind::input, {"f.yaml", 3, 7}, "is wrong", "make it right");
  EXPECT_STREQ(full.what(), "f.yaml:3:7: is wrong; make it right");
  EXPECT_EQ(full.kind(), ErrorKind::input);
  EXPECT_EQ(full.where().line, 3);
  EXPECT_EQ(full.message(), "is wrong");
  EXPECT_EQ(full.hint(), "make it right");
  EXPECT_STREQ(Error(ErrorKind::input, {"f.yaml", 3}, "is wrong", "").what(), "f.yaml:3: is wrong");
  EXPECT_STREQ(Error(ErrorKind::input, Location{"f.yaml"}, "is wrong").what(), "f.yaml: is wrong");
  EXPECT_STREQ(Error(ErrorKind::usage, "is wrong", "make it right").what(), "is wrong; make it right");
}

TEST(Error, AFileInBracesIsAPlace) {
  const Error error(ErrorKind::input, {std::string("f.yaml")}, std::string("is wrong"));
  EXPECT_EQ(error.where().file, "f.yaml");
  EXPECT_EQ(error.message(), "is wrong");
}

TEST(Error, KindsAreTheExitCodesOfTheTool) {
  EXPECT_EQ(static_cast<int>(ErrorKind::internal), 1);
  EXPECT_EQ(static_cast<int>(ErrorKind::usage), 2);
  EXPECT_EQ(static_cast<int>(ErrorKind::input), 3);
  EXPECT_EQ(static_cast<int>(ErrorKind::infeasible), 4);
}

TEST(Utf8, WhereATextCeasesToBeIt) {
  using Found = std::optional<std::size_t>;
  for (const std::string text :
       {"", "plain", "gr\xc3\xbc\xc3\x9f", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf"})
    EXPECT_EQ(first_not_utf8(text), Found()) << text;
  for (const std::string tail :
       {"\xff", "\x80", "\xc0\xaf", "\xc1\xbf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf0\x80\x80\xaf",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xc3", "\xe2\x82", "\xf0\x9f\x98", "\xc3x"})
    EXPECT_EQ(first_not_utf8("abc" + tail), Found(3)) << tail;
}

TEST(Controls, BecomeSpaces) {
  EXPECT_EQ(without_controls("a\tb\nc\x01\x7f d"), "a b c   d");
  EXPECT_EQ(without_controls("a\tb\nc", "\n"), "a b\nc");
  EXPECT_EQ(without_controls("\xc3\xa4"), "\xc3\xa4") << "parts of a character are none";
}

}  // namespace
}  // namespace h2h
