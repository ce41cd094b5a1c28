// A relying party: one page that shows who is signed in, one that refreshes, and a sign-out that
// ends the provider's session too. Configured by discovery alone.
package app;

import java.time.Duration;
import java.util.Map;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configurers.AbstractHttpConfigurer;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.security.oauth2.client.OAuth2AuthorizationContext;
import org.springframework.security.oauth2.client.OAuth2AuthorizedClient;
import org.springframework.security.oauth2.client.RefreshTokenOAuth2AuthorizedClientProvider;
import org.springframework.security.oauth2.client.annotation.RegisteredOAuth2AuthorizedClient;
import org.springframework.security.oauth2.client.authentication.OAuth2AuthenticationToken;
import org.springframework.security.oauth2.client.oidc.web.logout.OidcClientInitiatedLogoutSuccessHandler;
import org.springframework.security.oauth2.client.registration.ClientRegistrationRepository;
import org.springframework.security.oauth2.client.web.DefaultOAuth2AuthorizationRequestResolver;
import org.springframework.security.oauth2.client.web.OAuth2AuthorizationRequestCustomizers;
import org.springframework.security.oauth2.core.oidc.user.OidcUser;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

@SpringBootApplication
@RestController
public class Application {
    public static void main(String[] args) {
        SpringApplication.run(Application.class, args);
    }

    @Bean
    SecurityFilterChain security(HttpSecurity http, ClientRegistrationRepository clients) throws Exception {
        var requests = new DefaultOAuth2AuthorizationRequestResolver(clients, "/oauth2/authorization");
        requests.setAuthorizationRequestCustomizer(OAuth2AuthorizationRequestCustomizers.withPkce());
        var signedOut = new OidcClientInitiatedLogoutSuccessHandler(clients);
        signedOut.setPostLogoutRedirectUri("{baseUrl}/signed-out");
        return http
            .authorizeHttpRequests(it -> it.requestMatchers("/signed-out").permitAll().anyRequest().authenticated())
            .oauth2Login(it -> it.authorizationEndpoint(at -> at.authorizationRequestResolver(requests)))
            .oauth2Client(Customizer.withDefaults())
            // The test signs out by a link.
            .csrf(AbstractHttpConfigurer::disable)
            .logout(it -> it.logoutSuccessHandler(signedOut))
            .build();
    }

    @GetMapping("/")
    Map<String, Object> whoIsSignedIn(@AuthenticationPrincipal OidcUser user) {
        return Map.of("claims", user.getIdToken().getClaims(), "userinfo", user.getUserInfo().getClaims());
    }

    @GetMapping("/refreshed")
    Map<String, Object> refreshed(
            OAuth2AuthenticationToken who,
            @RegisteredOAuth2AuthorizedClient("authwarden") OAuth2AuthorizedClient client) {
        var refresh = new RefreshTokenOAuth2AuthorizedClientProvider();
        // Whatever is left of its life, the token counts as expired.
        refresh.setClockSkew(Duration.ofDays(1));
        var fresh = refresh.authorize(OAuth2AuthorizationContext.withAuthorizedClient(client).principal(who).build());
        return Map.of("isFresh", !fresh.getAccessToken().getTokenValue().equals(client.getAccessToken().getTokenValue()));
    }

    @GetMapping("/signed-out")
    String signedOut() {
        return "signed out";
    }
}
