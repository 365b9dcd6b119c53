// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace assay::series {

/// One message as far as a patch series needs it.
struct Mail {
  std::string subject;       ///< decoded, on one line
  std::string message_id;    ///< with its brackets, "" when there is none
  std::string in_reply_to;   ///< the same of the message that it answers
  std::string body;          ///< the text parts, decoded, with "\n" at the end of each line
  bool was_encoded = false;  ///< the body is not the text of the message itself
};

/// The messages of an mbox, without their "From " lines, of which git's rule decides and a header field
/// behind it. A text without such a line is one message.
[[nodiscard]] std::vector<std::string_view> split_mbox(std::string_view text);

/// True when `text` begins with a header field, not with prose or a diff.
[[nodiscard]] bool has_header(std::string_view text);

/// Reads quoted-printable, base64, multipart, format=flowed and CRLF, in linear time. Whatever is mangled is
/// taken as it stands: it never fails. A text without header is all body.
[[nodiscard]] Mail read_mail(std::string_view message);

}  // namespace assay::series
