// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/packed.hpp"

#include "base/files.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <array>
#include <memory>
#include <new>
#include <utility>

namespace assay {
namespace {

/// More than any patch series or module, and little enough for memory.
constexpr std::size_t most_text = std::size_t{64} << 20U;

struct ClosePackedFile {
  void operator()(archive* open) const { ::archive_read_free(open); }
};
using PackedFile = std::unique_ptr<archive, ClosePackedFile>;

struct FreeArchive {
  void operator()(archive* open) const { ::archive_write_free(open); }
};
struct FreeEntry {
  void operator()(archive_entry* entry) const { ::archive_entry_free(entry); }
};

la_ssize_t append(archive* /*open*/, void* to, const void* bytes, std::size_t size) {
  static_cast<std::string*>(to)->append(static_cast<const char*>(bytes), size);
  return static_cast<la_ssize_t>(size);
}

void check(int result) {
  if (result != ARCHIVE_OK) {
    throw std::bad_alloc();  // in memory, nothing else can go wrong
  }
}

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

std::string gzipped(std::string_view bytes) {
  std::string out;
  const std::unique_ptr<archive, FreeArchive> open(::archive_write_new());
  const std::unique_ptr<archive_entry, FreeEntry> entry(::archive_entry_new());
  check(open == nullptr || entry == nullptr ? ARCHIVE_FATAL : ARCHIVE_OK);
  check(::archive_write_set_format_raw(open.get()));
  check(::archive_write_add_filter_gzip(open.get()));
  check(::archive_write_set_options(open.get(), "gzip:!timestamp"));
  check(::archive_write_set_bytes_in_last_block(open.get(), 1));
  check(::archive_write_open(open.get(), &out, nullptr, append, nullptr));
  ::archive_entry_set_filetype(entry.get(), AE_IFREG);
  check(::archive_write_header(open.get(), entry.get()));
  check(::archive_write_data(open.get(), bytes.data(), bytes.size()) < 0 ? ARCHIVE_FATAL : ARCHIVE_OK);
  check(::archive_write_close(open.get()));
  return out;
}

std::optional<std::string> gunzipped(std::string_view packed, std::size_t size) {
  const PackedFile open(::archive_read_new());
  archive_entry* entry = nullptr;
  // This filter and no other: left to find out, libarchive would unpack what is packed in it, too.
  if (::archive_read_append_filter(open.get(), ARCHIVE_FILTER_GZIP) != ARCHIVE_OK ||
      ::archive_read_support_format_raw(open.get()) != ARCHIVE_OK ||
      ::archive_read_open_memory(open.get(), packed.data(), packed.size()) != ARCHIVE_OK ||
      ::archive_read_next_header(open.get(), &entry) != ARCHIVE_OK) {
    return std::nullopt;
  }
  std::string bytes(size + 1, '\0');  // one more, to see whether there is more
  std::size_t have = 0;
  while (have < bytes.size()) {
    const auto got = ::archive_read_data(open.get(), bytes.data() + have, bytes.size() - have);
    if (got <= 0) {
      bytes.resize(have);
      return got == 0 && have == size ? std::optional(std::move(bytes)) : std::nullopt;
    }
    have += static_cast<std::size_t>(got);
  }
  return std::nullopt;
}

}  // namespace assay
