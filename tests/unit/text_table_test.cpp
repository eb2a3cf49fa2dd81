// SPDX-License-Identifier: Apache-2.0
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include <h2h/report/text_table.hpp>

namespace h2h {
namespace {

std::string wrapped(const std::string& text, std::size_t indent) {
  std::ostringstream out;
  write_wrapped(out, text, indent);
  return out.str();
}

TEST(WriteWrapped, BreaksAtSpacesAndBehindThePlusOfAChain) {
  const std::string word(40, 'a');
  EXPECT_EQ(wrapped(word + " " + word, 0), word + "\n" + word + "\n");
  EXPECT_EQ(wrapped(word + "+" + word, 0), word + "+\n" + word + "\n");
  EXPECT_EQ(wrapped("short", 2), "  short\n");
}

TEST(WriteWrapped, KeepsAPlusThatBeginsAWordWithIt) {
  const std::string word(40, 'a');
  EXPECT_EQ(wrapped(word + " +" + word, 0), word + "\n+" + word + "\n");
  EXPECT_EQ(wrapped("+" + std::string(90, 'a'), 0), "+" + std::string(90, 'a') + "\n");
}

TEST(TextTable, BreaksLinesBeforeRowsThatAreTooLong) {
  TextTable table({"a", "b"}, {"", ""});
  table.add({"1", "2"});
  std::ostringstream out;
  const std::string word(50, 'x');
  table.write(out, std::vector<std::string>{word + " " + word});
  EXPECT_EQ(out.str(), "  a  b\n  " + word + "\n  " + word + "\n  1  2\n");
}

}  // namespace
}  // namespace h2h
