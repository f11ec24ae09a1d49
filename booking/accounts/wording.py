"""Flask-Security's sentences in our French: what it says in English, and what the page or the mail says instead.

Its own French catalogue is not used: it is for `fr_FR` only, and mixes registers with ours. The French sentence is
then looked up in the project's catalogue like any other, so `/en/…` is translated in one place.
"""

from __future__ import annotations

from typing import Any

from flask_babel import gettext
from flask_security.babel import FsDomain


def _(sentence: str) -> str:
    """Marks the sentence for the catalogue; it is translated when it is shown."""
    return sentence


FRENCH = {
    # Sign-in
    "Authentication failed - identity or password/passcode invalid": _(
        "Cette adresse et ce mot de passe ne vont pas ensemble. Vérifiez-les, ou demandez un lien de connexion par e-mail."
    ),
    "You do not have permission to view this resource.": _("Vous n’avez pas accès à cette page."),
    "You must sign in to view this resource.": _("Connectez-vous pour voir cette page."),
    "Please log in to access this page.": _("Connectez-vous pour voir cette page."),
    "You must reauthenticate to access this endpoint": _(
        "Pour ce réglage, redonnez votre mot de passe\u00a0: votre dernière connexion date un peu."
    ),
    "Please reauthenticate to access this page.": _("Redonnez votre mot de passe pour continuer."),
    "Reauthentication successful": _("Merci, c’est bien vous."),
    "You can only access this endpoint when not logged in.": _("Vous êtes déjà connecté."),
    "You have successfully logged in.": _("Vous êtes connecté."),
    "Account is disabled.": _("Ce compte est fermé. Écrivez-nous si c’est une erreur."),
    "Specified user does not exist": _("Cette adresse et ce mot de passe ne vont pas ensemble."),
    "Redirections outside the domain are forbidden": _("L’adresse de retour n’est pas une page de ce site."),
    "Input not appropriate for requested API": _("Cette demande n’est pas lisible. Rechargez la page et recommencez."),
    "Value entered is not valid for the field": _("Cette valeur ne convient pas."),
    # Confirmation of the address
    "Thank you. To confirm your email address %(email)s, please click on the link in the email we have just sent to you.": _(
        "Merci. Pour confirmer l’adresse %(email)s, ouvrez le lien de l’e-mail que nous venons d’envoyer."
    ),
    "Thank you. Your email has been confirmed.": _("Merci, votre adresse est confirmée."),
    "Your email has already been confirmed.": _("Votre adresse est déjà confirmée\u00a0: vous pouvez vous connecter."),
    "Invalid confirmation token.": _(
        "Ce lien de confirmation n’est pas valable. Demandez-en un autre ci-dessous, il arrivera par e-mail."
    ),
    "Email requires confirmation.": _(
        "Confirmez d’abord votre adresse\u00a0: ouvrez le lien reçu par e-mail, ou demandez-en un autre ci-dessous."
    ),
    "Confirmation instructions have been sent to %(email)s.": _(
        "Si un compte attend la confirmation de %(email)s, un nouveau lien vient d’y être envoyé."
    ),
    "You did not confirm your email within %(within)s. ": _(
        "Ce lien de confirmation a expiré\u00a0: il valait %(within)s. Demandez-en un autre ci-dessous, il arrivera par e-mail."
    ),
    "%(email)s is already associated with an account.": _("Un compte existe déjà avec l’adresse %(email)s."),
    "Identity attribute '%(attr)s' with value '%(value)s' is already associated with an account.": _(
        "Un compte existe déjà avec cette adresse."
    ),
    "Identity %(id)s not registered": _("Cette adresse et ce mot de passe ne vont pas ensemble."),
    "Email not provided": _("Indiquez votre adresse e-mail."),
    "Invalid email address": _("Cette adresse e-mail n’est pas valable. Exemple\u00a0: prenom.nom@ac-versailles.fr"),
    # Passwords
    "If that email address is in our system, you will receive an email describing how to reset your password.": _(
        "Si un compte existe avec cette adresse, un lien pour choisir un mot de passe vient d’y être envoyé."
    ),
    "Instructions to reset your password have been sent to %(email)s.": _(
        "Si un compte existe avec l’adresse %(email)s, un lien pour choisir un mot de passe vient d’y être envoyé."
    ),
    "You did not reset your password within %(within)s. ": _(
        "Ce lien a expiré\u00a0: il valait %(within)s. Demandez-en un autre ci-dessous, il arrivera par e-mail."
    ),
    "Invalid reset password token.": _(
        "Ce lien n’est pas valable ou a déjà servi. Demandez-en un autre ci-dessous, il arrivera par e-mail."
    ),
    "You successfully reset your password and you have been logged in automatically.": _(
        "Votre mot de passe est changé, et vous êtes connecté."
    ),
    "You successfully reset your password. Please authenticate using your new password.": _(
        "Votre mot de passe est changé. Connectez-vous avec le nouveau."
    ),
    "Your new password must be different than your previous password.": _(
        "Choisissez un mot de passe différent de l’ancien."
    ),
    "You successfully changed your password.": _("Votre mot de passe est changé."),
    "Password does not match": _("Ce mot de passe n’est pas le bon."),
    "Passwords do not match": _("Les deux mots de passe ne sont pas les mêmes."),
    "Password not provided": _("Indiquez un mot de passe."),
    "Password must be at least %(length)s characters": _(
        "Choisissez un mot de passe de %(length)s caractères au moins, et de 128 au plus."
    ),
    "Password not complex enough": _("Ce mot de passe est trop facile à deviner."),
    "Invalid password": _("Ce mot de passe n’est pas le bon."),
    "Forgot password?": _("Mot de passe oublié\u00a0?"),
    # Two-factor
    "Invalid code": _("Ce code n’est pas le bon. Attendez le suivant dans l’application et recommencez."),
    "Your code has been confirmed": _("Vous êtes connecté."),
    "You successfully changed your two-factor method.": _("La connexion en deux étapes est en place."),
    "You currently do not have permissions to access this page": _(
        "Commencez par votre adresse et votre mot de passe."
    ),
    "Marked method is not valid": _("Choisissez une des possibilités de la liste."),
    "You successfully disabled two-factor authorization.": _("La connexion en deux étapes est arrêtée."),
    "Setup must be completed within %(within)s. Please start over.": _(
        "La mise en place doit se faire en %(within)s. Recommencez."
    ),
    "Recovery code invalid": _("Ce code de secours n’est pas valable, ou a déjà servi."),
    "No recovery codes generated yet": _("Vous n’avez pas encore de codes de secours."),
    "Code has been sent.": _("Le code est parti."),
    "Failed to send code. Please try again later": _("Le code n’est pas parti. Recommencez un peu plus tard."),
    "authenticator": _("une application d’authentification"),
    "none": _("aucune"),
    "Available Methods": _("Que voulez-vous faire\u00a0?"),
    "Disable two-factor authentication": _("Arrêter la connexion en deux étapes"),
    "Set up using an authenticator app (e.g. google, lastpass, authy)": _(
        "Utiliser une application d’authentification"
    ),
    "Trouble Accessing Your Account?/Lost Mobile Device?": _("Vous n’avez plus l’application\u00a0?"),
    "Contact Administrator": _("Demander de l’aide à l’équipe d’Établi"),
    "Use previously downloaded recovery code": _("Utiliser un de mes codes de secours"),
    "Show Recovery Codes": _("Voir mes codes de secours"),
    "Generate New Recovery Codes": _("Créer de nouveaux codes de secours"),
    "Recovery Code": _("Code de secours"),
    # Labels
    "Authentication Code": _("Code à six chiffres"),
    "Change Password": _("Changer mon mot de passe"),
    "Email Address": _("Adresse e-mail"),
    "Login": _("Se connecter"),
    "New Password": _("Nouveau mot de passe"),
    "Password": _("Mot de passe"),
    "Recover Password": _("Recevoir un lien"),
    "Remember Me": _("Rester connecté sur cet appareil"),
    "Reset Password": _("Choisir ce mot de passe"),
    "Retype Password": _("Le même, une seconde fois"),
    "Resend Confirmation Instructions": _("Recevoir un nouveau lien"),
    "Submit": _("Continuer"),
    "Submit Code": _("Vérifier le code"),
    "Verify Password": _("Continuer"),
    "Phone Number": _("Téléphone"),
    "Set up using email": _("Par e-mail"),
    "Set up using SMS": _("Par SMS"),
    # Subjects of the mails
    "Please confirm your email": _("Confirmez votre adresse"),
    "Your password has been reset": _("Votre mot de passe vient d’être changé"),
    "Your password has been changed": _("Votre mot de passe vient d’être changé"),
    "Password reset instructions": _("Choisir un nouveau mot de passe"),
    "Two-Factor Rescue": _("Une personne n’a plus accès à sa connexion en deux étapes"),
    "Login Required": _("Connexion nécessaire"),
}


class SiteDomain(FsDomain):
    """Says Flask-Security's sentences in our words; a sentence that is not in the table is ours already."""

    def gettext(self, string: Any, **variables: Any) -> str:
        return gettext(FRENCH.get(str(string), str(string)), **variables)
