// SPDX-License-Identifier: GPL-2.0-or-later
#include "series/series.hpp"

#include "base/files.hpp"
#include "base/packed.hpp"
#include "base/text.hpp"
#include "series/mail.hpp"
#include "series/patch.hpp"
#include "series/revisions.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace assay::series {
namespace {

using Patches = std::vector<SeriesPatch>;

bool stays_below(const fs::path& path) {
  return !path.empty() && path.is_relative() &&
         std::none_of(path.begin(), path.end(), [](const fs::path& part) { return part == ".."; });
}

/// "v2-0010-b.patch" comes after "v2-0009-a.patch", "10.patch" after "9.patch".
bool before_by_number(std::string_view a, std::string_view b) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto take_number = [&](std::string_view& text) {
    const auto end =
        static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_digit) - text.begin());
    auto digits = text.substr(0, end);
    digits.remove_prefix(std::min(digits.size(), digits.find_first_not_of('0')));
    text.remove_prefix(end);
    return digits;
  };
  const auto whole_a = a;
  const auto whole_b = b;
  while (!a.empty() && !b.empty()) {
    if (is_digit(a.front()) && is_digit(b.front())) {
      const auto x = take_number(a);
      const auto y = take_number(b);
      if (x != y) {
        return x.size() != y.size() ? x.size() < y.size() : x < y;
      }
    } else if (a.front() != b.front()) {
      return a.front() < b.front();
    } else {
      a.remove_prefix(1);
      b.remove_prefix(1);
    }
  }
  return a.empty() == b.empty() ? whole_a < whole_b : a.empty();
}

std::vector<std::string> files_in(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end(), before_by_number);
  return names;
}

bool is_patch_name(const std::string& name) {
  static constexpr std::array endings = {".patch", ".diff", ".mbox", ".eml", ".mbx"};
  return std::any_of(endings.begin(), endings.end(), [&](const char* end) { return name.ends_with(end); });
}

/// A message and what its mail says of others.
struct Message {
  SeriesPatch patch;
  std::string message_id;
  std::string in_reply_to;
};
using Messages = std::vector<Message>;

/// The messages of one file. A single one that needs no decoding stays as it is, byte for byte.
Result<Messages> messages_of(const fs::path& file) {
  auto text = read_packed(file);
  if (!text) {
    return text.error();
  }
  Messages result;
  const auto messages = split_mbox(*text);
  for (const auto message : messages) {
    auto mail = read_mail(message);
    SeriesPatch patch;
    patch.file = file;
    patch.subject = std::move(mail.subject);
    const bool alone = messages.size() == 1;
    patch.name = alone ? file.filename().string() : printable(patch.subject);
    patch.text = alone && !mail.was_encoded ? *text : std::move(mail.body);
    result.push_back({std::move(patch), std::move(mail.message_id), std::move(mail.in_reply_to)});
  }
  return result;
}

Patches patches_of(Messages messages) {
  Patches patches;
  for (auto& message : messages) {
    patches.push_back(std::move(message.patch));
  }
  return patches;
}

/// Reads one file of a folder as the one patch that it should be, or as all that it holds.
Result<Patches> listed_patch(const fs::path& file) {
  auto messages = messages_of(file);
  if (!messages) {
    return messages.error();
  }
  if (messages->size() > 1) {
    std::erase_if(*messages, [](const Message& message) { return !has_diff(message.patch.text); });
  }
  return patches_of(std::move(*messages));
}

Result<Series> read_listed(const fs::path& folder) {
  const auto file = folder / "series";
  auto text = read_file(file);
  if (!text) {
    return Error(Failure::usage, text.error().text());
  }
  Patches patches;
  std::size_t number = 0;
  for (const auto line : split(*text, '\n')) {
    ++number;
    const auto name = trimmed(line.substr(0, line.find('#')));
    if (name.empty()) {
      continue;
    }
    if (!stays_below(fs::path(name))) {
      return fail(Failure::usage, "{}:{}:1: {} is not a path below the folder of the series", file.string(),
                  number, name);
    }
    if (!fs::is_regular_file(folder / name)) {
      return fail(Failure::usage, "{}:{}:1: there is no patch {}{}", file.string(), number, name,
                  did_you_mean(name, files_in(folder)));
    }
    auto read = listed_patch(folder / name);
    if (!read) {
      return read.error();
    }
    std::move(read->begin(), read->end(), std::back_inserter(patches));
  }
  if (patches.empty()) {
    return fail(Failure::usage, "cannot read the series {}: it lists no patch", file.string());
  }
  return Series{std::move(patches)};
}

std::vector<Candidate> candidates_of(const Messages& messages) {
  std::vector<Candidate> candidates;
  for (const auto& [patch, message_id, in_reply_to] : messages) {
    const bool diff = has_diff(patch.text);
    candidates.push_back({parse_subject(patch.subject), diff, diff ? diff_of(patch.text) : std::string(),
                          message_id, in_reply_to});
  }
  return candidates;
}

Result<Series> chosen(Messages messages, const SeriesWish& wish, const fs::path& place) {
  auto choice = choose_series(candidates_of(messages), wish.version);
  if (!choice) {
    return fail(Failure::usage, "cannot read the series {}: {}", place.string(), choice.error().text());
  }
  Series series;
  for (const auto index : choice->members) {
    series.patches.push_back(std::move(messages[index].patch));
  }
  for (const auto& note : choice->notes) {
    series.notes.push_back(fmt::format("{}: {}", place.string(), note));
  }
  return series;
}

/// A folder of patch files. What somebody put there on purpose counts, tagged or not; the names order it.
Result<Series> read_folder(const fs::path& folder, const SeriesWish& wish) {
  Messages messages;
  for (const auto& name : files_in(folder)) {
    if (!is_patch_name(name)) {
      continue;
    }
    auto read = messages_of(folder / name);
    if (!read) {
      return read.error();
    }
    std::move(read->begin(), read->end(), std::back_inserter(messages));
  }
  if (messages.empty()) {
    return fail(Failure::usage, "cannot read the series {}: the folder has no file `series` and no *.patch",
                folder.string());
  }
  const auto candidates = candidates_of(messages);
  const bool tagged = std::all_of(candidates.begin(), candidates.end(), [](const Candidate& candidate) {
    return candidate.subject.total > 0 || !candidate.has_diff;
  });
  if (tagged || wish.version) {
    return chosen(std::move(messages), wish, folder);
  }
  std::erase_if(messages, [](const Message& message) {
    return parse_subject(message.patch.subject).is_cover_letter() && !has_diff(message.patch.text);
  });
  return Series{patches_of(std::move(messages))};
}

Result<Series> read_one_file(const fs::path& file, const SeriesWish& wish) {
  auto messages = messages_of(file);
  if (!messages) {
    return messages.error();
  }
  // "[PATCH 3/5]" in a file of its own is one patch that somebody picked; an mbox ought to be whole.
  const bool is_archive = file.extension() == ".mbox" || file.stem().extension() == ".mbox";
  if (messages->size() > 1 || is_archive || wish.version) {
    return chosen(std::move(*messages), wish, file);
  }
  return Series{patches_of(std::move(*messages))};
}

Result<Series> read_place(const fs::path& place, const SeriesWish& wish) {
  std::error_code error;
  if (fs::is_directory(place, error)) {
    return fs::exists(place / "series", error) ? read_listed(place) : read_folder(place, wish);
  }
  if (fs::exists(place, error) && !fs::is_regular_file(place, error)) {
    return fail(Failure::usage, "cannot read the series {}: it is neither a regular file nor a folder",
                place.string());
  }
  if (!fs::is_regular_file(place, error)) {
    return fail(Failure::usage, "cannot read the series {}: there is no such file or folder{}",
                place.string(), did_you_mean(place.filename().string(), files_in(place.parent_path())));
  }
  return read_one_file(place, wish);
}

}  // namespace

std::string SeriesPatch::where() const {
  return name == file.filename().string() ? file.string() : fmt::format("{} ({})", file.string(), name);
}

Result<Series> read_series(const fs::path& place, const SeriesWish& wish) {
  auto series = read_place(place, wish);
  if (series && wish.reverse) {
    series->patches = reversed(std::move(series->patches));
  }
  return series;
}

std::vector<SeriesPatch> reversed(std::vector<SeriesPatch> patches) {
  std::reverse(patches.begin(), patches.end());
  for (auto& patch : patches) {
    patch.reverse = !patch.reverse;
  }
  return patches;
}

}  // namespace assay::series
