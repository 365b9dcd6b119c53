// SPDX-License-Identifier: GPL-2.0-or-later
#include "metrics/proc_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace assay::agent {
namespace {

constexpr std::size_t buffer_size = std::size_t{32} << 10U;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Splits "a b  c" at blanks.
std::vector<std::string_view> words(std::string_view line) {
  std::vector<std::string_view> found;
  std::size_t at = 0;
  while ((at = line.find_first_not_of(' ', at)) != std::string_view::npos) {
    const std::size_t end = std::min(line.find(' ', at), line.size());
    found.push_back(line.substr(at, end - at));
    at = end;
  }
  return found;
}

/// Collects fields while it walks over the example text.
class Learner {
 public:
  explicit Learner(std::string_view text) : text_(text) {}

  void add(std::string name, std::string_view unit, std::string_view number) {
    const auto at = static_cast<std::size_t>(number.data() - text_.data());
    std::size_t blanks = at;
    while (blanks > last_ && text_[blanks - 1] == ' ') {
      --blanks;
    }
    fields_.push_back({std::move(name), unit, blanks - last_});
    last_ = at + number.size();
  }
  std::vector<ProcField> take() { return std::move(fields_); }

 private:
  std::string_view text_;
  std::vector<ProcField> fields_;
  std::size_t last_ = 0;
};

void learn_vmstat(Learner& learner, std::span<const std::string_view> line) {
  if (line.size() == 2) {
    learner.add("vmstat." + std::string(line[0]), unit_of(ProcKind::vmstat, line[0]), line[1]);
  }
}

void learn_meminfo(Learner& learner, std::span<const std::string_view> line) {
  if (line.size() >= 2 && line[0].ends_with(':')) {
    const auto name = line[0].substr(0, line[0].size() - 1);
    learner.add("meminfo." + std::string(name), unit_of(ProcKind::meminfo, name), line[1]);
  }
}

void learn_buddyinfo(Learner& learner, std::span<const std::string_view> line) {
  // Node 0, zone   Normal   1 2 3 ...
  if (line.size() < 5 || line[0] != "Node") {
    return;
  }
  const std::string zone = "buddyinfo.node" + std::string(line[1].substr(0, line[1].size() - 1)) + "." +
                           std::string(line[3]) + ".order";
  for (std::size_t order = 0; order + 4 < line.size(); ++order) {
    learner.add(zone + std::to_string(order), unit_of(ProcKind::buddyinfo, {}), line[order + 4]);
  }
}

void learn_psi(Learner& learner, std::string_view resource, std::span<const std::string_view> line) {
  // some avg10=0.00 avg60=0.00 avg300=0.00 total=123
  if (line.size() == 5 && line[4].starts_with("total=")) {
    learner.add("psi." + std::string(resource) + "." + std::string(line[0]) + ".total",
                unit_of(ProcKind::psi, {}), line[4].substr(6));
  }
}

}  // namespace

std::string_view unit_of(ProcKind kind, std::string_view name) {
  switch (kind) {
    case ProcKind::vmstat: {
      const bool is_gauge = name.starts_with("nr_") && !name.starts_with("nr_tlb");
      return is_gauge ? "pages" : name == "pgpgin" || name == "pgpgout" ? "KiB" : "events";
    }
    case ProcKind::meminfo:
      return name.starts_with("HugePages_") ? "pages" : "kB";
    case ProcKind::buddyinfo:
      return "blocks";
    case ProcKind::psi:
      break;
  }
  return "us";
}

std::vector<ProcField> learn_fields(ProcKind kind, std::string_view text, std::string_view resource) {
  Learner learner(text);
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const auto line = words(text.substr(at, end - at));
    switch (kind) {
      case ProcKind::vmstat:
        learn_vmstat(learner, line);
        break;
      case ProcKind::meminfo:
        learn_meminfo(learner, line);
        break;
      case ProcKind::buddyinfo:
        learn_buddyinfo(learner, line);
        break;
      case ProcKind::psi:
        learn_psi(learner, resource, line);
        break;
    }
    at = end + 1;
  }
  return learner.take();
}

bool parse_fields(ProcKind kind, std::span<const ProcField> fields, std::string_view text,
                  std::span<std::int64_t> values) {
  std::size_t at = 0;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (kind == ProcKind::psi) {
      // The averages before the total vary in length.
      const std::size_t key = text.find("total=", at);
      at = key == std::string_view::npos ? text.size() : key + 6;
    } else {
      at += fields[i].gap;
      while (at < text.size() && text[at] == ' ') {
        ++at;
      }
    }
    if (at >= text.size() || !is_digit(text[at])) {
      return false;
    }
    std::uint64_t value = 0;
    for (; at < text.size() && is_digit(text[at]); ++at) {
      value = value * 10 + static_cast<std::uint64_t>(text[at] - '0');
    }
    values[i] = static_cast<std::int64_t>(value);
  }
  return true;
}

std::optional<ProcFile> ProcFile::open(ProcKind kind, const char* path, std::string_view resource) {
  ProcFile file(kind, UniqueFd(::open(path, O_RDONLY | O_CLOEXEC)));
  file.buffer_.resize(buffer_size);
  file.fields_ = learn_fields(kind, file.slurp(), resource);
  if (file.fields_.empty()) {
    return std::nullopt;
  }
  return file;
}

std::string_view ProcFile::slurp() {
  std::size_t length = 0;
  while (length < buffer_.size()) {
    const ssize_t n =
        ::pread(fd_.get(), buffer_.data() + length, buffer_.size() - length, static_cast<off_t>(length));
    if (n <= 0) {
      break;
    }
    length += static_cast<std::size_t>(n);
  }
  return {buffer_.data(), length};
}

bool ProcFile::read(std::span<std::int64_t> values) { return parse_fields(kind_, fields_, slurp(), values); }

std::vector<ProcFile> open_proc_files() {
  struct Place {
    ProcKind kind;
    const char* path;
    std::string_view resource;
  };
  constexpr std::array places{
      Place{ProcKind::vmstat, "/proc/vmstat", {}},
      Place{ProcKind::meminfo, "/proc/meminfo", {}},
      Place{ProcKind::buddyinfo, "/proc/buddyinfo", {}},
      Place{ProcKind::psi, "/proc/pressure/memory", "memory"},
      Place{ProcKind::psi, "/proc/pressure/cpu", "cpu"},
      Place{ProcKind::psi, "/proc/pressure/io", "io"},
  };
  std::vector<ProcFile> files;
  for (const auto& place : places) {
    if (auto file = ProcFile::open(place.kind, place.path, place.resource)) {
      files.push_back(std::move(*file));
    }
  }
  return files;
}

}  // namespace assay::agent
