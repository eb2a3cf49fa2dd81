// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace h2h::cli {

/// What runs at the moment, on a terminal and without a log, in one line that goes when it is over.
class ProgressLine {
 public:
  ProgressLine();
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  /// Shows a text, cut to the width of the line.
  void say(const std::string& text) const;
  /// Takes the line away, such as for a message.
  void clear() const;

 private:
  void put(const std::string& text) const;

  bool shown_;
};

/// How far work of many equal parts is: a bar, the parts done, their rate, and the time left.
class ProgressBar {
 public:
  /// @param done parts that were done before
  ProgressBar(std::size_t total, std::size_t done) : total_(total), before_(done), done_(done) {}

  void advance() { ++done_; }
  /// Shows it, unless it has been a moment ago.
  void show();
  void clear() const { line_.clear(); }

 private:
  using Clock = std::chrono::steady_clock;

  std::string text(double elapsed_s) const;

  std::size_t total_;
  std::size_t before_;
  std::size_t done_;
  Clock::time_point began_ = Clock::now();
  Clock::time_point next_ = began_;
  ProgressLine line_;
};

}  // namespace h2h::cli
