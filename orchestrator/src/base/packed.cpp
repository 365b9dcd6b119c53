// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/packed.hpp"

#include "base/files.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <array>
#include <memory>

namespace assay {
namespace {

/// More than any patch series or module, and little enough for memory.
constexpr std::size_t most_text = std::size_t{64} << 20U;

struct ClosePackedFile {
  void operator()(archive* open) const { ::archive_read_free(open); }
};
using PackedFile = std::unique_ptr<archive, ClosePackedFile>;

Error too_long(const fs::path& file) {
  return fail(Failure::usage, "cannot read {}: it has more than 64 MiB, which no patch series or module has",
              file.string());
}

Error unreadable(const fs::path& file, archive* open) {
  const char* why = ::archive_error_string(open);
  return fail(Failure::usage, "cannot unpack {}: {}", file.string(), why != nullptr ? why : "it is damaged");
}

Result<std::string> unpacked(const fs::path& file) {
  const PackedFile open(::archive_read_new());
  ::archive_read_support_filter_all(open.get());
  ::archive_read_support_format_raw(open.get());
  archive_entry* entry = nullptr;
  constexpr std::size_t block = 65536;
  if (::archive_read_open_filename(open.get(), file.c_str(), block) != ARCHIVE_OK ||
      ::archive_read_next_header(open.get(), &entry) != ARCHIVE_OK) {
    return unreadable(file, open.get());
  }
  std::string text;
  std::array<char, block> buffer{};
  while (true) {
    const auto got = ::archive_read_data(open.get(), buffer.data(), buffer.size());
    if (got < 0) {
      return unreadable(file, open.get());
    }
    if (got == 0) {
      return text;
    }
    text.append(buffer.data(), static_cast<std::size_t>(got));
    if (text.size() > most_text) {
      return too_long(file);
    }
  }
}

}  // namespace

Result<std::string> read_packed(const fs::path& file) {
  const auto extension = file.extension();
  if (extension == ".gz" || extension == ".xz" || extension == ".bz2" || extension == ".zst") {
    return unpacked(file);
  }
  std::error_code error;
  if (const auto size = fs::file_size(file, error); !error && size > most_text) {
    return too_long(file);
  }
  auto text = read_file(file);
  if (!text) {
    return Error(Failure::usage, text.error().text());
  }
  return text;
}

}  // namespace assay
