// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include <h2h/study/inputs.hpp>
#include <h2h/study/results.hpp>

namespace h2h {

/// Results of a sweep that is under way, on disk as they come, so that it goes on where it was killed. A line
/// that was not finished, and whatever follows it, is left out on reading and done again.
///
/// The first line records the study; a journal of another one is refused, never overwritten. While a process
/// has a journal open, no other can.
class Journal {
 public:
  enum class Start : bool { resume, anew };

  /// @param shard which part of the study it is for, such as "1/4"
  /// @throws Error (input) if the file cannot be written, is of another study or is in use
  Journal(std::filesystem::path file, const StudyInputs& inputs, const std::string& shard, Start start);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  /// Adds the rows of earlier processes to a table. @returns how many
  std::size_t read_into(StudyTable& table) const;
  /// @throws Error (input) if the disk is full
  void append(Study::PointIndex point, const StudyRow& row);
  /// Ends it: the results are elsewhere now.
  void remove();

 private:
  void begin(const StudyInputs& inputs, const std::string& shard);
  void refuse(const std::string& first_line, const std::string& header) const;
  void write(const std::string& line);

  std::filesystem::path file_;
  int descriptor_ = -1;
  std::map<Study::PointIndex, StudyRow> rows_;
};

}  // namespace h2h
